import { askAzureVault } from "../remote/azure-vault.ts";
import type { KeptToken } from "../remote/kept-token.ts";
import { type Remote, RemoteError, textIn } from "../remote/remote.ts";
import { unlessAbsent } from "./absent.ts";
import { maxListed, type SecretStore, type StoredSecret } from "./secret-store.ts";

export interface AzureSecretsOptions {
  /** `https://NAME.vault.azure.net`. */
  readonly vault: string;
  readonly remote: Remote;
  readonly token: KeptToken<string>;
}

/** Secrets of Azure Key Vault. https://learn.microsoft.com/rest/api/keyvault/secrets */
export class AzureSecrets implements SecretStore {
  readonly #options: AzureSecretsOptions;
  readonly #base: string;

  constructor(options: AzureSecretsOptions) {
    this.#options = options;
    this.#base = `${options.vault.replace(/\/+$/, "")}/secrets`;
  }

  async read(key: string, version: string | undefined): Promise<StoredSecret | undefined> {
    // Keys are named by their kind in External Secrets; a secret needs none.
    const name = key.replace(/^secret\//, "");
    if (!/^[0-9A-Za-z-]{1,127}$/.test(name))
      throw new RemoteError(`Azure Key Vault: ${key}: expected a secret's name of letters, digits and dashes`);
    if (version !== undefined && !/^[0-9A-Za-z]+$/.test(version))
      throw new RemoteError(`Azure Key Vault: version ${version} of ${key}: expected letters and digits`);
    const url = `${this.#base}/${name}${version === undefined ? "" : `/${version}`}`;
    const answer = await unlessAbsent(askAzureVault(this.#options, "GET", url));
    if (answer === undefined) return undefined;
    const { value } = answer;
    if (typeof value !== "string") throw new RemoteError(`Azure Key Vault GET ${url}: the answer has no value`);
    const id = textIn("Azure Key Vault", answer, "id");
    return { value: Buffer.from(value), version: id.slice(id.lastIndexOf("/") + 1) };
  }

  async list(path: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (let url: string | undefined = this.#base; url !== undefined; ) {
      const answer: { readonly [field: string]: unknown } = await askAzureVault(this.#options, "GET", url);
      const { value, nextLink } = answer;
      for (const each of Array.isArray(value) ? value : []) {
        const id = textIn("Azure Key Vault", each, "id");
        found.push(id.slice(id.lastIndexOf("/") + 1));
      }
      if (found.length > maxListed) throw new RemoteError(`Azure Key Vault: more than ${maxListed} secrets`);
      url = typeof nextLink === "string" && nextLink !== "" ? this.#ownLink(nextLink) : undefined;
    }
    return found.filter((each) => each.startsWith(path)).sort();
  }

  /** The next page of this vault: a token goes nowhere else. */
  #ownLink(link: string): string {
    const url = URL.canParse(link) ? new URL(link) : undefined;
    if (url === undefined || `${url.origin}${url.pathname.replace(/\/+$/, "")}` !== this.#base)
      throw new RemoteError("Azure Key Vault: the next page is none of the vault");
    url.searchParams.delete("api-version");
    return `${this.#base}?${url.searchParams}`;
  }

  close(): void {
    this.#options.remote.close();
  }
}
