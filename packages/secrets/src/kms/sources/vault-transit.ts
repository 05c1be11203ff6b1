import { RemoteError, textIn } from "../../remote/remote.ts";
import type { Vault } from "../../remote/vault.ts";
import type { KeySource, SealedKey } from "../key-source.ts";
import { KmsError } from "../service.ts";

export interface VaultTransitOptions {
  readonly vault: Vault;
  /** Where the engine is mounted: `transit`. */
  readonly mount: string;
  /** The key's name. */
  readonly key: string;
  readonly close: () => void;
}

/** What is known of a key: its newest version, and when each was made. */
interface Versions {
  readonly latest: number;
  readonly madeAt: ReadonlyMap<number, string>;
}

/**
 * A key of Vault's or OpenBao's transit engine. Its id is its mount, name and version, and when that version was made: a key that was deleted
 * and made anew is another one. https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
export class VaultTransit implements KeySource {
  readonly #options: VaultTransitOptions;
  #versions: Versions | undefined;

  constructor(options: VaultTransitOptions) {
    this.#options = options;
  }

  async currentKeyId(): Promise<string> {
    this.#versions = await this.#read();
    return this.#idOf(this.#versions.latest);
  }

  async seal(plaintext: Uint8Array): Promise<SealedKey> {
    const answer = await this.#ask("encrypt", { plaintext: Buffer.from(plaintext).toString("base64") });
    const ciphertext = textIn("Vault's transit", answer, "ciphertext");
    const version = versionOf(ciphertext);
    if (version === undefined) throw new RemoteError("Vault's transit: the ciphertext names no version");
    if (this.#versions?.madeAt.has(version) !== true) this.#versions = await this.#read();
    return { ciphertext: Buffer.from(ciphertext), keyId: this.#idOf(version), annotations: new Map() };
  }

  async open({ ciphertext, keyId }: SealedKey): Promise<Uint8Array> {
    const text = Buffer.from(ciphertext).toString("utf8");
    const version = versionOf(text);
    const { mount, key } = this.#options;
    if (version === undefined || !keyId.startsWith(`${mount}/${key}:v${version}:`))
      throw new KmsError(`key ${keyId} is not what ${mount}/${key} of Vault sealed this with`);
    const plaintext = (await this.#ask("decrypt", { ciphertext: text }))["plaintext"];
    if (typeof plaintext !== "string") throw new RemoteError("Vault's transit: the answer has no plaintext");
    return Buffer.from(plaintext, "base64");
  }

  close(): void {
    this.#options.close();
  }

  #ask(operation: "encrypt" | "decrypt", body: { readonly [field: string]: unknown }) {
    const { vault, mount, key } = this.#options;
    return vault.ask("POST", `${mount}/${operation}/${encodeURIComponent(key)}`, body);
  }

  async #read(): Promise<Versions> {
    const { vault, mount, key } = this.#options;
    const read = await vault.ask("GET", `${mount}/keys/${encodeURIComponent(key)}`);
    const latest = Number(read["latest_version"]);
    const keys = read["keys"];
    if (!(latest > 0) || typeof keys !== "object" || keys === null)
      throw new RemoteError(`Vault's transit: key ${key} has no versions`);
    if (read["supports_encryption"] === false || read["supports_decryption"] === false)
      throw new RemoteError(`Vault's transit: key ${key} is of type ${String(read["type"])}, which cannot encrypt`);
    if (read["derived"] === true)
      throw new RemoteError(`Vault's transit: key ${key} is derived from a context; expected one that is not`);
    return { latest, madeAt: new Map(Object.entries(keys).map(([version, made]) => [Number(version), timeOf(made)])) };
  }

  #idOf(version: number): string {
    const { mount, key } = this.#options;
    const madeAt = this.#versions?.madeAt.get(version);
    if (madeAt === undefined) throw new RemoteError(`Vault's transit: key ${key} has no version ${version}`);
    return `${mount}/${key}:v${version}:${madeAt}`;
  }
}

/** Seconds for a symmetric key, `creation_time` within an object for an asymmetric one. */
function timeOf(made: unknown): string {
  const time = typeof made === "object" && made !== null && "creation_time" in made ? made.creation_time : made;
  return String(typeof time === "string" ? Math.trunc(Date.parse(time) / 1000) : time);
}

function versionOf(ciphertext: string): number | undefined {
  const [, version] = /^vault:v([1-9]\d{0,8}):/.exec(ciphertext) ?? [];
  return version === undefined ? undefined : Number(version);
}
