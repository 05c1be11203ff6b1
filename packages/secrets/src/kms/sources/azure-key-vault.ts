import { askAzureVault } from "../../remote/azure-vault.ts";
import type { KeptToken } from "../../remote/kept-token.ts";
import { type Remote, RemoteError, textIn } from "../../remote/remote.ts";
import type { KeySource, SealedKey } from "../key-source.ts";
import { KmsError } from "../service.ts";

export interface AzureKeyVaultOptions {
  /** `https://NAME.vault.azure.net`. */
  readonly vault: string;
  readonly key: string;
  /** One that is named is kept; else the newest seals. */
  readonly version?: string;
  readonly token: KeptToken<string>;
  readonly remote: Remote;
}

type Fields = { readonly [field: string]: unknown };

/** For RSA keys of software and of HSMs. */
const algorithm = "RSA-OAEP-256";

/** An RSA key of Azure Key Vault. Its id is what Azure calls `kid`, with the version. https://learn.microsoft.com/rest/api/keyvault/keys */
export class AzureKeyVault implements KeySource {
  readonly #options: AzureKeyVaultOptions;
  readonly #base: string;

  constructor(options: AzureKeyVaultOptions) {
    this.#options = options;
    this.#base = `${options.vault.replace(/\/+$/, "")}/keys/${encodeURIComponent(options.key)}`;
  }

  async currentKeyId(): Promise<string> {
    const { version } = this.#options;
    const answer = await this.#ask("GET", version === undefined ? this.#base : `${this.#base}/${version}`);
    const kid = textIn("Azure Key Vault", answer["key"], "kid");
    const { enabled, exp } = (answer["attributes"] ?? {}) as Fields;
    if (enabled === false) throw new RemoteError(`Azure Key Vault: key ${kid} is disabled`);
    if (typeof exp === "number" && exp * 1000 < Date.now())
      throw new RemoteError(`Azure Key Vault: key ${kid} has expired`);
    return this.#ownKid(kid);
  }

  async seal(plaintext: Uint8Array): Promise<SealedKey> {
    const { version } = this.#options;
    const url = version === undefined ? this.#base : `${this.#base}/${version}`;
    const value = Buffer.from(plaintext).toString("base64url");
    const answer = await this.#ask("POST", `${url}/wrapkey`, { alg: algorithm, value });
    const ciphertext = Buffer.from(textIn("Azure Key Vault", answer, "value"), "base64url");
    return { ciphertext, keyId: this.#ownKid(textIn("Azure Key Vault", answer, "kid")), annotations: new Map() };
  }

  async open({ ciphertext, keyId }: SealedKey): Promise<Uint8Array> {
    const value = Buffer.from(ciphertext).toString("base64url");
    const answer = await this.#ask("POST", `${this.#ownKid(keyId)}/unwrapkey`, { alg: algorithm, value });
    return Buffer.from(textIn("Azure Key Vault", answer, "value"), "base64url");
  }

  close(): void {
    this.#options.remote.close();
  }

  /** A token must go nowhere but to our vault, whatever the store says. */
  #ownKid(keyId: string): string {
    const rest = keyId.startsWith(`${this.#base}/`) ? keyId.slice(this.#base.length + 1) : "";
    if (!/^[0-9A-Za-z]+$/.test(rest)) throw new KmsError(`key ${keyId} is no version of ${this.#base}`);
    return keyId;
  }

  #ask(method: "GET" | "POST", url: string, body?: Fields): Promise<Fields> {
    return askAzureVault(this.#options, method, url, body);
  }
}
