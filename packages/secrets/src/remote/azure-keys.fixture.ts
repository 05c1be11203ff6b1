import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from "node:crypto";
import { azureFault } from "./azure-secrets.fixture.ts";
import type { FakeAnswer } from "./http-fake.fixture.ts";

/** A version of the vault's one key, `kube`. */
export interface FakeAzureKey {
  readonly version: string;
  readonly key: KeyObject;
  enabled: boolean;
}

const operations = ["encrypt", "decrypt", "wrapKey", "unwrapKey"] as const;

/** An RSA key of a vault, with versions and what it is used for. */
export class FakeAzureKeys {
  readonly versions: FakeAzureKey[] = [];
  /** Who may only use a key is not told what it is. */
  mayBeRead = true;
  readonly #url: () => string;

  constructor(url: () => string) {
    this.#url = url;
  }

  rotate(version: string): string {
    const { privateKey: key } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.versions.push({ version, key, enabled: true });
    return this.#kid(version);
  }

  answer(method: string, path: string, body: string): FakeAnswer {
    const [matched, version, operation] =
      /^\/keys\/kube(?:\/(\w+?))??(?:\/(wrapkey|unwrapkey|encrypt|decrypt))?\/?$/.exec(path) ?? [];
    if (method === "GET" && version === "versions") return this.#list();
    const found = this.versions.findLast((each) => version === undefined || each.version === version);
    if (matched === undefined || found === undefined)
      return azureFault(404, "KeyNotFound", `A key with ${path} was not found`);
    if (method === "GET") return this.#told(found);
    if (!found.enabled)
      return azureFault(403, "Forbidden", `Operation ${operation} is not allowed on a disabled key.`, "KeyDisabled");
    return this.#used(found, operation ?? "", JSON.parse(body));
  }

  #told({ version, key, enabled }: FakeAzureKey): FakeAnswer {
    if (!this.mayBeRead)
      return azureFault(403, "Forbidden", "The user does not have keys get permission.", "ForbiddenByPolicy");
    const { n, e } = createPublicKey(key).export({ format: "jwk" });
    const told = { kid: this.#kid(version), kty: "RSA", key_ops: operations, n, e };
    return { status: 200, body: { key: told, attributes: this.#attributes(enabled) } };
  }

  #used(
    { version, key }: FakeAzureKey,
    operation: string,
    { alg, value }: { readonly alg: string; readonly value: string },
  ): FakeAnswer {
    if (alg !== "RSA-OAEP-256") return azureFault(400, "BadParameter", "alg");
    const asked = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" };
    const bytes = Buffer.from(value, "base64url");
    try {
      const made = /^(wrapkey|encrypt)$/.test(operation)
        ? publicEncrypt({ key: createPublicKey(key), ...asked }, bytes)
        : privateDecrypt({ key, ...asked }, bytes);
      return { status: 200, body: { kid: this.#kid(version), value: made.toString("base64url") } };
    } catch {
      return azureFault(400, "BadParameter", "The parameter is incorrect.");
    }
  }

  #list(): FakeAnswer {
    const value = this.versions.map(({ version, enabled }) => ({
      kid: this.#kid(version),
      attributes: this.#attributes(enabled),
    }));
    return { status: 200, body: { value, nextLink: null } };
  }

  #kid(version: string): string {
    return `${this.#url()}/keys/kube/${version}`;
  }

  #attributes(enabled: boolean): object {
    return { enabled, created: 1_700_000_000, updated: 1_700_000_000, recoveryLevel: "Recoverable+Purgeable" };
  }
}
