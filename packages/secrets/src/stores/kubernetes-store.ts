import { RemoteError } from "../remote/remote.ts";
import type { SecretStore, StoredSecret } from "./secret-store.ts";

/** What is read of a cluster's API: this one or another. */
export interface SecretsOfNamespace {
  /** Nothing where there is no such Secret. */
  readonly get: (name: string) => Promise<KubernetesSecret | undefined>;
  readonly list: () => Promise<readonly KubernetesSecret[]>;
  readonly close: () => void;
}

interface KubernetesSecret {
  readonly metadata: { readonly name: string; readonly resourceVersion?: string };
  readonly data?: { readonly [key: string]: string };
}

/** Secrets of a namespace; each is the JSON of its decoded data. A value that is no UTF-8 has no place in JSON, and is refused. */
export class KubernetesStore implements SecretStore {
  readonly #secrets: SecretsOfNamespace;

  constructor(secrets: SecretsOfNamespace) {
    this.#secrets = secrets;
  }

  async read(key: string, version: string | undefined): Promise<StoredSecret | undefined> {
    if (version !== undefined) throw new RemoteError(`version ${version} of Secret ${key}: Secrets have no versions`);
    const secret = await this.#secrets.get(key);
    if (secret === undefined) return undefined;
    const pairs = Object.entries(secret.data ?? {}).map(([name, value]) => [name, textOf(key, name, value)]);
    const value = Buffer.from(JSON.stringify(Object.fromEntries(pairs)));
    return { value, version: secret.metadata.resourceVersion ?? "" };
  }

  async list(path: string): Promise<readonly string[]> {
    const names = (await this.#secrets.list()).map(({ metadata }) => metadata.name);
    return names.filter((each) => each.startsWith(path)).sort();
  }

  close(): void {
    this.#secrets.close();
  }
}

function textOf(key: string, name: string, base64: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(base64, "base64"));
  } catch {
    throw new RemoteError(`Secret ${key}: ${name} is no text`);
  }
}
