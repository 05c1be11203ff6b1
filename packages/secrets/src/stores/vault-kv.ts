import { RemoteError } from "../remote/remote.ts";
import type { Vault } from "../remote/vault.ts";
import { unlessAbsent } from "./absent.ts";
import { maxListed, type SecretStore, type StoredSecret } from "./secret-store.ts";

export interface VaultKvOptions {
  readonly vault: Vault;
  /** Where the engine is mounted: `secret`. */
  readonly mount: string;
  readonly close: () => void;
}

/** Version 2 of Vault's and OpenBao's KV engine; a secret is the JSON of its pairs. https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 */
export class VaultKv implements SecretStore {
  readonly #options: VaultKvOptions;

  constructor(options: VaultKvOptions) {
    this.#options = options;
  }

  async read(key: string, version: string | undefined): Promise<StoredSecret | undefined> {
    if (version !== undefined && !/^[1-9]\d*$/.test(version))
      throw new RemoteError(`Vault's KV: version ${version} of ${key}: expected a number`);
    const { vault, mount } = this.#options;
    const query = version === undefined ? "" : `?version=${version}`;
    const answer = await unlessAbsent(vault.ask("GET", `${mount}/data/${pathOf(key)}${query}`));
    const { data, metadata } = answer ?? {};
    // A version that was deleted has no data.
    if (typeof data !== "object" || data === null) return undefined;
    const { version: told } = (metadata ?? {}) as { readonly version?: unknown };
    return { value: Buffer.from(JSON.stringify(data)), version: String(told) };
  }

  async list(path: string): Promise<readonly string[]> {
    const found: string[] = [];
    const folders = [path === "" ? "" : `${path.replace(/^\/+|\/+$/g, "")}/`];
    for (let asked = 0; folders.length > 0; asked++) {
      const folder = folders.shift() as string;
      for (const name of await this.#namesIn(folder)) {
        if (name.endsWith("/")) folders.push(`${folder}${name}`);
        else found.push(`${folder}${name}`);
      }
      if (asked + found.length + folders.length > maxListed)
        throw new RemoteError(`Vault's KV: more than ${maxListed} secrets below ${path}; name a path`);
    }
    return found.sort();
  }

  async #namesIn(folder: string): Promise<readonly string[]> {
    const { vault, mount } = this.#options;
    const answer = await unlessAbsent(vault.ask("GET", `${mount}/metadata/${pathOf(folder)}?list=true`));
    return Array.isArray(answer?.["keys"]) ? answer["keys"].map(String) : [];
  }

  close(): void {
    this.#options.close();
  }
}

function pathOf(key: string): string {
  const parts = key.replace(/^\/+/, "").split("/");
  if (parts.some((each) => each === "." || each === ".."))
    throw new RemoteError(`Vault's KV: ${key}: expected no . or ..`);
  return parts.map(encodeURIComponent).join("/");
}
