import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import type { TestContext } from "node:test";
import { type FakeAnswer, type FakeRequest, startFake } from "./http-fake.fixture.ts";

interface FakeKey {
  readonly version: string;
  readonly key: KeyObject;
  enabled: boolean;
}

/** What Azure answers of Key Vault, of its directory's tokens and of a machine's. */
export class FakeAzure {
  readonly keys: FakeKey[] = [];
  readonly secrets = new Map<string, string>();
  readonly calls: string[] = [];
  url = "";
  #tokens = 0;
  /** Whoever shows another one is sent away. */
  token = "";

  static async start(t: TestContext): Promise<FakeAzure> {
    const fake = new FakeAzure();
    fake.url = await startFake(t, (request) => fake.#answer(request));
    return fake;
  }

  rotate(version: string): string {
    const { privateKey: key } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.keys.push({ version, key, enabled: true });
    return `${this.url}/keys/kube/${version}`;
  }

  #answer({ method, path, headers, body }: FakeRequest): FakeAnswer {
    const { pathname, searchParams } = new URL(path, this.url);
    this.calls.push(`${method} ${pathname}`);
    if (pathname.endsWith("/oauth2/v2.0/token")) return this.#login(pathname, new URLSearchParams(body));
    if (pathname === "/metadata/identity/oauth2/token") {
      if (headers["metadata"] !== "true" || searchParams.get("resource") !== this.url) return { status: 400, body: {} };
      return { status: 200, body: { access_token: this.#newToken(), expires_in: "3600" } };
    }
    if (headers["authorization"] !== `Bearer ${this.token}`)
      return {
        status: 401,
        body: { error: { code: "Unauthorized", message: "AKV10000: Request is missing a Bearer token." } },
      };
    if (searchParams.get("api-version") !== "7.4") return { status: 400, body: {} };
    return pathname.startsWith("/secrets") ? this.#secret(pathname) : this.#key(method, pathname, body);
  }

  #login(path: string, form: URLSearchParams): FakeAnswer {
    const isSecret = form.get("client_secret") === "canary-client-secret";
    const isAssertion =
      form.get("client_assertion") === "canary-jwt" &&
      form.get("client_assertion_type") === "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    const isAsked = form.get("scope") === `${this.url}/.default` && form.get("grant_type") === "client_credentials";
    if (
      !path.startsWith("/tenant-1/") ||
      form.get("client_id") !== "client-1" ||
      !isAsked ||
      (!isSecret && !isAssertion)
    )
      return {
        status: 401,
        body: { error: "invalid_client", error_description: "AADSTS7000215: Invalid client secret.\r\nTrace" },
      };
    return { status: 200, body: { token_type: "Bearer", expires_in: 3600, access_token: this.#newToken() } };
  }

  #newToken(): string {
    this.token = `canary-token-${++this.#tokens}`;
    return this.token;
  }

  #key(method: string, path: string, body: string): FakeAnswer {
    const [, version, operation] = /^\/keys\/kube(?:\/(\w+?))??(?:\/(wrapkey|unwrapkey))?$/.exec(path) ?? [];
    const found = version === undefined ? this.keys.at(-1) : this.keys.find((each) => each.version === version);
    if (found === undefined)
      return { status: 404, body: { error: { code: "KeyNotFound", message: `A key with ${path} was not found` } } };
    const kid = `${this.url}/keys/kube/${found.version}`;
    if (method === "GET")
      return { status: 200, body: { key: { kid, kty: "RSA" }, attributes: { enabled: found.enabled } } };
    const { alg, value } = JSON.parse(body) as { readonly alg: string; readonly value: string };
    if (alg !== "RSA-OAEP-256") return { status: 400, body: { error: { code: "BadParameter", message: "alg" } } };
    const [padding, bytes] = [constants.RSA_PKCS1_OAEP_PADDING, Buffer.from(value, "base64url")];
    try {
      const made =
        operation === "wrapkey"
          ? publicEncrypt({ key: createPublicKey(found.key), padding, oaepHash: "sha256" }, bytes)
          : privateDecrypt({ key: found.key, padding, oaepHash: "sha256" }, bytes);
      return { status: 200, body: { kid, value: made.toString("base64url") } };
    } catch {
      return { status: 400, body: { error: { code: "BadParameter", message: "The parameter is incorrect." } } };
    }
  }

  #secret(path: string): FakeAnswer {
    if (path === "/secrets")
      return {
        status: 200,
        body: { value: [...this.secrets.keys()].map((name) => ({ id: `${this.url}/secrets/${name}` })) },
      };
    const [, name = "", version = "v1"] = /^\/secrets\/([\w-]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const value = this.secrets.get(name);
    if (value === undefined)
      return {
        status: 404,
        body: { error: { code: "SecretNotFound", message: `A secret with (name/id) ${name} was not found` } },
      };
    return { status: 200, body: { value, id: `${this.url}/secrets/${name}/${version}` } };
  }
}
