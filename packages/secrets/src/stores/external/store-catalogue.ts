import { matchesSelector } from "@sallyport/kube";
import { SourceError } from "../../source-error.ts";
import { openStore } from "../open-store.ts";
import { rateLimited, rememberingStore } from "../rate-limited-store.ts";
import type { SecretStore } from "../secret-store.ts";
import type { StoreContext } from "../store-context.ts";
import type { StoreSpec } from "../store-spec.ts";
import { ExternalSecretError, type StoreRef } from "./external-secret.ts";
import type { Stores } from "./provider-data.ts";
import { compiled } from "./rewrite.ts";

/** A SecretStore, or a ClusterSecretStore that has no namespace. */
export interface StoreObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
  };
  readonly spec: StoreSpec;
}

export interface StoreCatalogueOptions {
  /** Stores of another one are left to it. */
  readonly controllerClass: string;
  /**
   * What a store's provider needs. Credentials are those of its own namespace; a store of the cluster names the namespace, or means
   * `forNamespace`, the one of who asks.
   */
  readonly contextOf: (store: StoreObject, forNamespace: string) => StoreContext;
  readonly namespaceLabels: (namespace: string) => Promise<{ readonly [name: string]: string }>;
  readonly sleep: (ms: number) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The stores that there are, opened when they are needed, closed when they change. */
export class StoreCatalogue {
  readonly #options: StoreCatalogueOptions;
  readonly #objects = new Map<string, StoreObject>();
  readonly #opened = new Map<string, Map<string, Promise<SecretStore>>>();

  constructor(options: StoreCatalogueOptions) {
    this.#options = options;
  }

  /** Answers whether it differs from what was known. */
  see(store: StoreObject): boolean {
    const key = keyOf(store);
    const before = this.#objects.get(key);
    this.#objects.set(key, store);
    if (before !== undefined && versionOf(before) === versionOf(store)) return false;
    this.#close(key);
    return true;
  }

  forget(store: Pick<StoreObject, "metadata">): void {
    const key = keyOf(store);
    this.#objects.delete(key);
    this.#close(key);
  }

  isOurs({ spec }: StoreObject): boolean {
    return !spec.controller || spec.controller === this.#options.controllerClass;
  }

  /** For one look at the stores of a namespace. */
  storesFor(namespace: string): Stores {
    const looked = new Map<string, Promise<SecretStore>>();
    return (ref) => {
      const key = `${ref.kind ?? "SecretStore"}/${ref.name}`;
      const store = looked.get(key) ?? this.#find(ref, namespace).then(rememberingStore);
      looked.set(key, store);
      return store;
    };
  }

  /** The store that is meant, whoever works on it; nothing where there is none. */
  named({ name, kind = "SecretStore" }: StoreRef, namespace: string): StoreObject | undefined {
    return this.#objects.get(kind === "ClusterSecretStore" ? `/${name}` : `${namespace}/${name}`);
  }

  /** Why a store cannot be opened as it says; nothing where it can. */
  async faultOf(store: StoreObject): Promise<Error | undefined> {
    const namespace = store.metadata.namespace ?? "";
    return this.#open(store, namespace).then(
      () => undefined,
      (error: Error) => error,
    );
  }

  close(): void {
    for (const key of [...this.#opened.keys()]) this.#close(key);
  }

  async #find(ref: StoreRef, namespace: string): Promise<SecretStore> {
    const { name, kind = "SecretStore" } = ref;
    const found = this.named(ref, namespace);
    if (found === undefined) throw new ExternalSecretError(`there is no ${kind} ${name}`);
    if (!this.isOurs(found))
      throw new ExternalSecretError(`${kind} ${name} is for the controller ${found.spec.controller}`);
    if (kind === "ClusterSecretStore" && !(await this.#admits(found, namespace)))
      throw new ExternalSecretError(`${kind} ${name} is not for namespace ${namespace}`);
    return this.#open(found, namespace).catch((error: Error) => {
      throw error instanceof SourceError ? new ExternalSecretError(`${kind} ${name}: ${error.message}`) : error;
    });
  }

  async #admits({ spec: { conditions = [] } }: StoreObject, namespace: string): Promise<boolean> {
    if (conditions.length === 0) return true;
    for (const { namespaces = [], namespaceRegexes = [], namespaceSelector } of conditions) {
      if (namespaces.includes(namespace)) return true;
      if (namespaceRegexes.some((each) => compiled(each).matcher(namespace).find())) return true;
      if (namespaceSelector === undefined) continue;
      if (matchesSelector(namespaceSelector, await this.#options.namespaceLabels(namespace))) return true;
    }
    return false;
  }

  #open(store: StoreObject, namespace: string): Promise<SecretStore> {
    const key = keyOf(store);
    const stores = this.#opened.get(key) ?? new Map<string, Promise<SecretStore>>();
    this.#opened.set(key, stores);
    const known = stores.get(namespace);
    if (known !== undefined) return known;
    const { contextOf, now, sleep } = this.#options;
    const opened = openStore(store.spec.provider, contextOf(store, namespace)).then((each) =>
      rateLimited(each, { now, sleep }),
    );
    stores.set(namespace, opened);
    // What was missing may have come meanwhile.
    opened.catch(() => stores.delete(namespace));
    return opened;
  }

  #close(key: string): void {
    for (const store of this.#opened.get(key)?.values() ?? [])
      store.then(
        (each) => each.close(),
        () => {},
      );
    this.#opened.delete(key);
  }
}

function keyOf({ metadata: { namespace = "", name } }: Pick<StoreObject, "metadata">): string {
  return `${namespace}/${name}`;
}

function versionOf({ metadata: { uid, generation }, spec }: StoreObject): string {
  return JSON.stringify([uid, generation, spec]);
}
