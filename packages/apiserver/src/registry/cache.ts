import type { ObjectReader } from "@sallyport/admission";
import { builtinResources, type GroupVersionResource, type KubeObject } from "@sallyport/kube";
import type { Store, StoredValue, StoreEvent } from "../storage/store.ts";
import { keyOf, prefixOf, storageGroup, storageVersion } from "./keys.ts";

/** One change of an object, decoded. */
export interface CacheEvent {
  readonly revision: number;
  readonly resource: GroupVersionResource;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  readonly previous: KubeObject | undefined;
}

/** Events kept for watches that resume and lists at an older revision. As many as the store keeps. */
const keptEvents = 10_000;

const decoder = new TextDecoder();

interface Place {
  readonly prefix: string;
  readonly resource: GroupVersionResource;
  /** Namespace and name, or name alone. */
  readonly rest: readonly string[];
}

/**
 * All objects in memory, decoded once, always as new as the last durable write: what reads, lists, watches and admission see.
 * kube-apiserver's watch cache.
 */
export class Cache {
  readonly #byPrefix = new Map<string, GroupVersionResource>();
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Set<(event: CacheEvent) => void>();
  #events: CacheEvent[] = [];
  #oldest: number;
  #revision = 0;

  private constructor(revision: number) {
    this.#oldest = revision;
    for (const { group, resource } of builtinResources) {
      if (resource.includes("/")) continue;
      const owner = storageGroup(group, resource);
      this.#byPrefix.set(prefixOf(owner, resource), {
        group: owner,
        version: storageVersion(owner, resource),
        resource,
      });
    }
  }

  /** Reads everything, then follows the store. Its history comes along, so that watches resume after a restart. */
  static async over(store: Store): Promise<Cache> {
    const revision = store.revision;
    const cache = new Cache(store.compactedRevision);
    for (const value of (await store.range("/registry/", { revision })).values) cache.#put(value);
    cache.#revision = revision;
    store.watch(store.compactedRevision, (event) => {
      if (event.revision <= revision) cache.#remember(event);
      else cache.#apply(event);
    });
    return cache;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Current objects as admission reads them. */
  readonly reader: ObjectReader = {
    get: (group, resource, namespace, name) => this.get(group, resource, namespace, name),
    list: (group, resource, namespace) => this.list(group, resource, namespace),
  };

  get(group: string, resource: string, namespace: string, name: string): KubeObject | undefined {
    const owner = storageGroup(group, resource);
    return this.#objects.get(prefixOf(owner, resource))?.get(keyOf(owner, resource, namespace, name));
  }

  /** Ordered by key: namespace, then name. */
  list(group: string, resource: string, namespace?: string): readonly KubeObject[] {
    const prefix = prefixOf(storageGroup(group, resource), resource);
    const from = namespace === undefined || namespace === "" ? prefix : `${prefix}${namespace}/`;
    const entries = [...(this.#objects.get(prefix) ?? [])].filter(([key]) => key.startsWith(from));
    return entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** The same as it was at an older revision; undefined when that is forgotten. */
  listAt(revision: number, group: string, resource: string, namespace?: string): readonly KubeObject[] | undefined {
    if (revision >= this.#revision) return this.list(group, resource, namespace);
    if (revision < this.#oldest) return undefined;
    const owner = storageGroup(group, resource);
    const objects = new Map(this.#objects.get(prefixOf(owner, resource)));
    for (const event of this.#events.toReversed()) {
      if (event.revision <= revision) break;
      if (event.resource.group !== owner || event.resource.resource !== resource) continue;
      const key = keyOf(owner, resource, event.namespace, event.name);
      if (event.previous === undefined) objects.delete(key);
      else objects.set(key, event.previous);
    }
    const found = [...objects].filter(
      ([, object]) => namespace === undefined || namespace === "" || object.metadata.namespace === namespace,
    );
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** All events behind a revision, then each as it comes; undefined when the revision is forgotten. */
  watch(revision: number, listener: (event: CacheEvent) => void): (() => void) | undefined {
    if (revision < this.#oldest) return undefined;
    for (const event of this.#events) if (event.revision > revision) listener(event);
    return this.follow(listener);
  }

  follow(listener: (event: CacheEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get resources(): Iterable<GroupVersionResource> {
    return this.#byPrefix.values();
  }

  #place(key: string): Place | undefined {
    for (const parts of [3, 4]) {
      const prefix = `${key.split("/").slice(0, parts).join("/")}/`;
      const resource = this.#byPrefix.get(prefix);
      if (resource !== undefined) return { prefix, resource, rest: key.slice(prefix.length).split("/") };
    }
    return undefined;
  }

  #put(value: StoredValue): KubeObject | undefined {
    const place = this.#place(value.key);
    if (place === undefined) return undefined;
    const object = decodeStored(value);
    const objects = this.#objects.get(place.prefix) ?? new Map<string, KubeObject>();
    this.#objects.set(place.prefix, objects);
    objects.set(value.key, object);
    return object;
  }

  #apply(event: StoreEvent): void {
    const { key, value, previous, revision } = event;
    this.#revision = revision;
    const place = this.#place(key);
    if (place === undefined) return;
    const before = this.#objects.get(place.prefix)?.get(key) ?? (previous && decodeStored(previous));
    const object = value && this.#put(value);
    if (value === undefined) this.#objects.get(place.prefix)?.delete(key);
    const decoded = eventAt(place, revision, object, before);
    this.#keep(decoded);
    for (const listener of [...this.#listeners]) listener(decoded);
  }

  /** An event from before this process: history, not news. */
  #remember({ key, value, previous, revision }: StoreEvent): void {
    const place = this.#place(key);
    if (place !== undefined)
      this.#keep(eventAt(place, revision, value && decodeStored(value), previous && decodeStored(previous)));
  }

  #keep(event: CacheEvent): void {
    this.#events.push(event);
    if (this.#events.length <= keptEvents * 2) return;
    this.#events = this.#events.slice(-keptEvents);
    this.#oldest = (this.#events[0]?.revision ?? 1) - 1;
  }
}

function eventAt(
  { resource, rest }: Place,
  revision: number,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): CacheEvent {
  const [name = "", namespace = ""] = rest.toReversed();
  return { revision, resource, namespace, name, object, previous };
}

/** The stored JSON with its revision as resourceVersion. */
function decodeStored({ value, modRevision }: StoredValue): KubeObject {
  const object = JSON.parse(decoder.decode(value)) as KubeObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(modRevision) } };
}
