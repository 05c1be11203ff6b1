import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { TestContext } from "node:test";
import { type FakeAnswer, type FakeRequest, startFake } from "./http-fake.fixture.ts";

/** Who may ask the fake. */
export const awsKeysOfTests = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "canary-secret-key" };

export const regionOfTests = "eu-central-1";

/** A session that the fake's STS gives out. */
const session = { accessKeyId: "ASIASESSION", secretAccessKey: "canary-session-key", sessionToken: "canary-session" };

interface FakeKey {
  readonly id: string;
  readonly secret: Buffer;
  state: string;
}

/** What AWS answers of KMS, Secrets Manager, STS and a machine's metadata, to requests whose signature it checks. */
export class FakeAws {
  readonly keys = new Map<string, FakeKey>();
  readonly aliases = new Map<string, string>();
  readonly secrets = new Map<string, { readonly SecretString?: string; readonly SecretBinary?: string }>();
  readonly calls: string[] = [];
  now = Date.parse("2026-11-27T00:00:00Z");
  url = "";

  static async start(t: TestContext): Promise<FakeAws> {
    const fake = new FakeAws();
    fake.url = await startFake(t, (request) => fake.#answer(request));
    return fake;
  }

  addKey(id: string): string {
    const arn = `arn:aws:kms:${regionOfTests}:111122223333:key/${id}`;
    this.keys.set(arn, { id, secret: randomBytes(32), state: "Enabled" });
    return arn;
  }

  #answer(request: FakeRequest): FakeAnswer {
    const target = String(request.headers["x-amz-target"] ?? `${request.method} ${request.path}`);
    this.calls.push(target.replace(/^TrentService\.|^secretsmanager\./, ""));
    if (request.path.startsWith("/latest/")) return this.#metadata(request);
    if (request.body.startsWith("Action=")) return this.#sts(new URLSearchParams(request.body));
    const fault = signatureFault(request, target.startsWith("Trent") ? "kms" : "secretsmanager");
    if (fault !== undefined)
      return failed(fault, `The Canonical String was canary ${request.headers["x-amz-security-token"]}`);
    const input = JSON.parse(request.body);
    return target.startsWith("Trent") ? this.#kms(target.split(".")[1] ?? "", input) : this.#secret(target, input);
  }

  #metadata({ method, path, headers }: FakeRequest): FakeAnswer {
    if (method === "PUT") return { status: 200, body: "metadata-session" };
    if (headers["x-aws-ec2-metadata-token"] !== "metadata-session") return { status: 401, body: "" };
    if (path.endsWith("/")) return { status: 200, body: "node-role\n" };
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token } = session;
    return { status: 200, body: { Code: "Success", AccessKeyId, SecretAccessKey, Token, Expiration: this.#end() } };
  }

  #sts(form: URLSearchParams): FakeAnswer {
    if (form.get("WebIdentityToken") !== "canary-jwt" || form.get("RoleArn") !== "arn:aws:iam::111122223333:role/kms")
      return { status: 403, body: "<Code>AccessDenied</Code>" };
    const { accessKeyId, secretAccessKey, sessionToken } = session;
    const body = `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${this.#end()}</Expiration>`;
    return { status: 200, body };
  }

  #end(): string {
    return new Date(this.now + 3_600_000).toISOString();
  }

  #kms(operation: string, input: { readonly [field: string]: unknown }): FakeAnswer {
    const asked = String(input["KeyId"]);
    const arn = this.aliases.get(asked) ?? asked;
    const key = this.keys.get(arn);
    if (key === undefined) return failed("NotFoundException", `Key '${arn}' does not exist`);
    if (operation === "DescribeKey") {
      const metadata = { KeyId: key.id, Arn: arn, KeyState: key.state, KeyUsage: "ENCRYPT_DECRYPT" };
      return { status: 200, body: { KeyMetadata: { ...metadata, KeySpec: "SYMMETRIC_DEFAULT" } } };
    }
    if (key.state !== "Enabled") return failed("DisabledException", `${arn} is disabled.`);
    const context = Buffer.from(JSON.stringify(input["EncryptionContext"] ?? {}));
    if (operation === "Encrypt") {
      const cipher = createCipheriv("aes-256-gcm", key.secret, Buffer.alloc(12)).setAAD(context);
      const sealed = Buffer.concat([
        cipher.update(String(input["Plaintext"]), "base64"),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return { status: 200, body: { KeyId: arn, CiphertextBlob: sealed.toString("base64") } };
    }
    const bytes = Buffer.from(String(input["CiphertextBlob"]), "base64");
    try {
      const decipher = createDecipheriv("aes-256-gcm", key.secret, Buffer.alloc(12)).setAAD(context);
      decipher.setAuthTag(bytes.subarray(-16));
      const plaintext = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]);
      return { status: 200, body: { KeyId: arn, Plaintext: plaintext.toString("base64") } };
    } catch {
      return failed("InvalidCiphertextException", undefined);
    }
  }

  #secret(target: string, input: { readonly [field: string]: unknown }): FakeAnswer {
    if (target.endsWith(".ListSecrets"))
      return { status: 200, body: { SecretList: [...this.secrets.keys()].map((Name) => ({ Name })) } };
    const found = this.secrets.get(String(input["SecretId"]));
    if (found === undefined)
      return failed("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    return { status: 200, body: { Name: input["SecretId"], VersionId: input["VersionId"] ?? "v-1", ...found } };
  }
}

function failed(type: string, message: string | undefined): FakeAnswer {
  return { status: 400, body: { __type: `com.amazonaws#${type}`, message } };
}

/** What AWS would say of the signature, by the steps of its documentation. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureFault({ method, path, headers, body }: FakeRequest, service: string): string | undefined {
  const [, id, scope = "", names = "", given = ""] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(
      String(headers["authorization"]),
    ) ?? [];
  const keys = [awsKeysOfTests, session].find(({ accessKeyId }) => accessKeyId === id);
  if (keys === undefined) return "UnrecognizedClientException";
  const token = "sessionToken" in keys ? keys.sessionToken : undefined;
  if (headers["x-amz-security-token"] !== token) return "InvalidSignatureException";
  const time = String(headers["x-amz-date"]);
  const signedNames = names.split(";");
  if (!["host", "x-amz-date", "x-amz-target"].every((each) => signedNames.includes(each))) return "IncompleteSignature";
  if (scope !== `${time.slice(0, 8)}/${regionOfTests}/${service}/aws4_request`) return "InvalidSignatureException";
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const lines = signedNames.map((name) => `${name}:${String(headers[name]).trim()}\n`).join("");
  const canonical = [method, path, "", lines, names, hash(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", time, scope, hash(canonical)].join("\n");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const signing = scope
    .split("/")
    .reduce<string | Buffer>((key, part) => hmac(key, part), `AWS4${keys.secretAccessKey}`);
  return timingSafeEqual(hmac(signing, toSign), Buffer.from(given, "hex")) ? undefined : "SignatureDoesNotMatch";
}
