import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { TestContext } from "node:test";
import { type FakeAnswer, type FakeRequest, startFake } from "./http-fake.fixture.ts";

interface FakeToken {
  endsAt: number;
  readonly renewable: boolean;
}

/** What Vault answers of its tokens, its logins, its transit engine and its KV engine, as its API's documentation has it. */
export class FakeVault {
  now = 1_800_000_000_000;
  readonly tokens = new Map<string, FakeToken>([
    ["canary-root", { endsAt: Number.POSITIVE_INFINITY, renewable: false }],
  ]);
  readonly keys = new Map<string, { readonly secret: Buffer; readonly madeAt: number }[]>();
  readonly secrets = new Map<string, { readonly [name: string]: unknown }[]>();
  readonly calls: string[] = [];
  /** A token of a login lives for so long. */
  leaseSeconds = 3600;
  namespace: string | undefined;
  url = "";
  #made = 0;

  static async start(t: TestContext): Promise<FakeVault> {
    const fake = new FakeVault();
    fake.url = await startFake(t, (request) => fake.#answer(request));
    return fake;
  }

  /** A version more of a key of the engine at `transit`. */
  rotate(key: string): void {
    const versions = this.keys.get(key) ?? [];
    versions.push({ secret: randomBytes(32), madeAt: Math.trunc(this.now / 1000) + versions.length });
    this.keys.set(key, versions);
  }

  #answer(request: FakeRequest): FakeAnswer {
    const { method, path, headers, body } = request;
    this.calls.push(`${method} ${path}`);
    if (headers["x-vault-request"] !== "true") return refused(412, "required 'X-Vault-Request' header is missing");
    if (headers["x-vault-namespace"] !== this.namespace) return refused(404, "no handler for route");
    const input = body === "" ? {} : JSON.parse(body);
    const login = /^\/v1\/auth\/([^/]+)\/login$/.exec(path);
    if (login !== null) return this.#login(login[1] as string, input);
    const name = String(headers["x-vault-token"] ?? "");
    const token = this.tokens.get(name);
    if (token === undefined || token.endsAt <= this.now) return refused(403, "permission denied");
    return this.#known(request, name, token, input);
  }

  #login(mount: string, input: { readonly [field: string]: unknown }): FakeAnswer {
    const isRight =
      mount === "kubernetes"
        ? input["role"] === "kms" && input["jwt"] === "canary-jwt"
        : input["role_id"] === "kms" && input["secret_id"] === "canary-secret-id";
    if (!isRight) return refused(400, mount === "kubernetes" ? "invalid role name" : "invalid role or secret ID");
    const token = `canary-token-${++this.#made}`;
    this.tokens.set(token, { endsAt: this.now + this.leaseSeconds * 1000, renewable: true });
    return { status: 200, body: { auth: { client_token: token, lease_duration: this.leaseSeconds, renewable: true } } };
  }

  #known(
    { method, path }: FakeRequest,
    name: string,
    token: FakeToken,
    input: { readonly [field: string]: unknown },
  ): FakeAnswer {
    const seconds = token.endsAt === Number.POSITIVE_INFINITY ? 0 : Math.trunc((token.endsAt - this.now) / 1000);
    if (path === "/v1/auth/token/lookup-self") return data({ ttl: seconds, renewable: token.renewable });
    if (path === "/v1/auth/token/renew-self") {
      if (!token.renewable) return refused(400, "lease is not renewable");
      token.endsAt = this.now + this.leaseSeconds * 1000;
      return {
        status: 200,
        body: { auth: { client_token: name, lease_duration: this.leaseSeconds, renewable: true } },
      };
    }
    const [, operation, key = ""] = /^\/v1\/transit\/(keys|encrypt|decrypt)\/(.+)$/.exec(path) ?? [];
    if (operation !== undefined) return this.#transit(operation, key, input);
    return this.#kv(method, path);
  }

  #transit(operation: string, key: string, input: { readonly [field: string]: unknown }): FakeAnswer {
    const versions = this.keys.get(key);
    if (versions === undefined) return refused(operation === "keys" ? 404 : 400, "encryption key not found");
    if (operation === "keys")
      return data({
        type: "aes256-gcm96",
        latest_version: versions.length,
        keys: Object.fromEntries(versions.map(({ madeAt }, i) => [i + 1, madeAt])),
        supports_encryption: true,
        supports_decryption: true,
        derived: false,
      });
    if (operation === "encrypt") {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", versions.at(-1)?.secret as Buffer, nonce);
      const sealed = [nonce, cipher.update(String(input["plaintext"]), "base64"), cipher.final(), cipher.getAuthTag()];
      return data({
        ciphertext: `vault:v${versions.length}:${Buffer.concat(sealed).toString("base64")}`,
        key_version: versions.length,
      });
    }
    return opened(
      versions.map(({ secret }) => secret),
      String(input["ciphertext"]),
    );
  }

  #kv(method: string, path: string): FakeAnswer {
    const [, operation, name = "", query = ""] = /^\/v1\/kv\/(data|metadata)\/([^?]*)\??(.*)$/.exec(path) ?? [];
    if (operation === "metadata" && query === "list=true") {
      const below = [...this.secrets.keys()]
        .filter((each) => each.startsWith(name))
        .map((each) => each.slice(name.length));
      const keys = new Set(below.map((each) => each.replace(/\/.*/, "/")));
      return keys.size === 0 ? refused(404) : data({ keys: [...keys] });
    }
    const versions = this.secrets.get(name);
    if (operation !== "data" || method !== "GET" || versions === undefined) return refused(404);
    const version = Number(new URLSearchParams(query).get("version") ?? versions.length);
    const found = versions[version - 1];
    return found === undefined ? refused(404) : data({ data: found, metadata: { version } });
  }
}

function opened(secrets: readonly Buffer[], ciphertext: string): FakeAnswer {
  const [, version = "", text = ""] = /^vault:v(\d+):(.*)$/.exec(ciphertext) ?? [];
  const [secret, bytes] = [secrets[Number(version) - 1], Buffer.from(text, "base64")];
  if (secret === undefined) return refused(400, "invalid ciphertext: version is too new");
  try {
    const decipher = createDecipheriv("aes-256-gcm", secret, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    const plaintext = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    return data({ plaintext: plaintext.toString("base64") });
  } catch {
    return refused(400, "invalid ciphertext: unable to decrypt");
  }
}

const data = (value: unknown): FakeAnswer => ({ status: 200, body: { data: value } });
const refused = (status: number, ...errors: string[]): FakeAnswer => ({ status, body: { errors } });
