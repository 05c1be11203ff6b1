import type { ObjectReader } from "@sallyport/admission";
import { builtinResources, type GroupVersionResource, type KubeObject } from "@sallyport/kube";
import type { Store, StoredValue, StoreEvent } from "../storage/store.ts";
import { decodeStored } from "./encode.ts";
import { type CacheEvent, History, type Step, type Watched } from "./history.ts";
import { customPlaceOf, prefixOf, storageGroup, storageVersion } from "./keys.ts";
import { Shelf } from "./shelf.ts";
import type { StoreFault } from "./unreadable.ts";

/** A reader who has seen a newer revision at another server waits so long for it; kube-apiserver's limit. */
const maxBehindMs = 3_000;

interface Place {
  readonly prefix: string;
  readonly resource: GroupVersionResource;
  /** Behind the prefix: namespace and name, or name alone. */
  readonly key: string;
}

type Listener = (event: CacheEvent) => void;

/** By resource. A list is never changed, but another one put in its place. */
type Listeners = Map<string, readonly Listener[]>;

/**
 * All objects in memory, decoded once, always as new as the last durable write: what reads, lists, watches and admission see.
 * kube-apiserver's watch cache.
 */
export class Cache {
  readonly #byPrefix = new Map<string, GroupVersionResource>();
  readonly #shelves = new Map<string, Shelf>();
  /** The same by resource and group, as they are asked for. Shelves stay. */
  readonly #near = new Map<string, Map<string, Shelf>>();
  /** By resource, so that an event disturbs only those who watch it; "" follows all. */
  readonly #listeners: Listeners = new Map();
  /** Those who are told also of what cannot be read. */
  readonly #faultListeners: Listeners = new Map();
  readonly #store: Store;
  readonly #history: History;
  #revision = 0;

  private constructor(store: Store) {
    this.#store = store;
    this.#history = new History(store.compactedRevision);
    for (const { group, resource } of builtinResources) {
      if (resource.includes("/")) continue;
      const owner = storageGroup(group, resource);
      const stored = { group: owner, version: storageVersion(owner, resource), resource };
      this.#byPrefix.set(prefixOf(owner, resource), stored);
      // Also where nothing lies: plugins ask for what is not there in each request.
      this.#shelfAt({ prefix: prefixOf(owner, resource), resource: stored });
    }
  }

  /** Reads everything, then follows the store. Its history comes along, so that watches resume after a restart. */
  static async over(store: Store): Promise<Cache> {
    const revision = store.revision;
    const cache = new Cache(store);
    for (const value of (await store.range("/registry/", { revision })).values) cache.#put(value);
    cache.#revision = revision;
    store.watch(store.compactedRevision, (event) => {
      if (event.revision <= revision) cache.#remember(event);
      else cache.#apply(event);
    });
    store.onMended?.((value) => cache.#mend(value));
    return cache;
  }

  /** How far it has come: no object of ours may have changed since its last event. */
  get revision(): number {
    return Math.max(this.#revision, this.#store.revision);
  }

  /** Waits for what a reader may rely on: everything written before, or, with a resourceVersion, at least that one; not for ever. */
  async caughtUp(version: string): Promise<void> {
    if (version === "") await this.#store.sync();
    const wanted = Number(version);
    if (!Number.isSafeInteger(wanted)) return;
    const deadline = performance.now() + maxBehindMs;
    while (this.revision < wanted && this.#store.isShared && performance.now() < deadline) {
      await this.#store.sync();
      if (this.revision < wanted) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Current objects as admission reads them. */
  readonly reader: ObjectReader = {
    get: (group, resource, namespace, name) => this.get(group, resource, namespace, name),
    list: (group, resource, namespace) => this.list(group, resource, namespace),
  };

  get(group: string, resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#shelfOf(group, resource)?.get(namespace === "" ? name : `${namespace}/${name}`);
  }

  /** Ordered by key: namespace, then name. */
  list(group: string, resource: string, namespace?: string): readonly KubeObject[] {
    return this.#shelfOf(group, resource)?.list(namespace ?? "") ?? [];
  }

  /** The same without what cannot be read: for who follows the others, and is told of these as soon as they can be. */
  readable(group: string, resource: string, namespace?: string): readonly KubeObject[] {
    return this.#shelfOf(group, resource)?.readable(namespace ?? "") ?? [];
  }

  /** The same as it was at an older revision; undefined when that is forgotten. */
  listAt(revision: number, group: string, resource: string, namespace?: string): readonly KubeObject[] | undefined {
    if (revision >= this.revision) return this.list(group, resource, namespace);
    if (revision < this.#history.oldest) return undefined;
    const owner = storageGroup(group, resource);
    const undone = new Map<string, KubeObject | undefined>();
    for (const event of this.#history.backTo(revision)) {
      if (event.resource.resource !== resource || event.resource.group !== owner) continue;
      if (namespace !== undefined && namespace !== "" && event.namespace !== namespace) continue;
      undone.set(event.namespace === "" ? event.name : `${event.namespace}/${event.name}`, event.previous);
    }
    return undone.size === 0
      ? this.list(group, resource, namespace)
      : this.#without(undone, owner, resource, namespace);
  }

  /** Where the next event will stand among all that ever were: readers that go at their own pace remember where they are. */
  get position(): number {
    return this.#history.position;
  }

  /** Where the first event behind a revision stands; undefined when it is forgotten. */
  positionBehind(revision: number): number | undefined {
    return this.#history.positionBehind(revision);
  }

  /** The first event of a resource from a position on, if there is one, and where to go on; undefined when events from there are forgotten. */
  next(position: number, resource: Watched): Step | undefined {
    return this.#history.next(position, resource);
  }

  /** Each event as it comes, of one resource or of all. `onFault` is told of those whose object cannot be read. */
  follow(listener: Listener, resource?: Watched, onFault?: Listener): () => void {
    const place =
      resource === undefined ? "" : prefixOf(storageGroup(resource.group, resource.resource), resource.resource);
    const stops = [added(this.#listeners, place, listener)];
    if (onFault !== undefined) stops.push(added(this.#faultListeners, place, onFault));
    return () => {
      for (const stop of stops) stop();
    };
  }

  get resources(): Iterable<GroupVersionResource> {
    return this.#byPrefix.values();
  }

  #shelfOf(group: string, resource: string): Shelf | undefined {
    const known = this.#near.get(resource)?.get(group);
    if (known !== undefined) return known;
    const shelf = this.#shelves.get(prefixOf(storageGroup(group, resource), resource));
    if (shelf === undefined) return undefined;
    const groups = this.#near.get(resource) ?? new Map<string, Shelf>();
    this.#near.set(resource, groups.set(group, shelf));
    return shelf;
  }

  #without(
    undone: ReadonlyMap<string, KubeObject | undefined>,
    group: string,
    resource: string,
    namespace: string | undefined,
  ): readonly KubeObject[] {
    const then = new Shelf({ group, resource });
    const prefix = namespace === undefined || namespace === "" ? "" : `${namespace}/`;
    for (const [key, object] of this.#shelfOf(group, resource)?.entries() ?? [])
      if (key.startsWith(prefix) && !undone.has(key)) then.set(key, object);
    for (const [key, object] of undone) if (object !== undefined) then.set(key, object);
    return then.list(namespace ?? "");
  }

  #place(key: string): Place | undefined {
    // `/registry/pods/…`, or `/registry/services/specs/…`.
    let end = key.indexOf("/", "/registry/".length);
    for (let parts = 0; parts < 2 && end >= 0; parts++) {
      const prefix = key.slice(0, end + 1);
      const resource = this.#byPrefix.get(prefix);
      if (resource !== undefined) return { prefix, resource, key: key.slice(end + 1) };
      end = key.indexOf("/", end + 1);
    }
    const custom = customPlaceOf(key);
    if (custom === undefined) return undefined;
    const prefix = prefixOf(custom.group, custom.resource);
    // Which version it is stored in, each object says itself.
    const resource = { ...custom, version: "" };
    this.#byPrefix.set(prefix, resource);
    return { prefix, resource, key: key.slice(prefix.length) };
  }

  #put(value: StoredValue): void {
    const place = this.#place(value.key);
    if (place === undefined) return;
    const shelf = this.#shelfAt(place);
    if (value.fault === undefined) shelf.set(place.key, this.#decode(value));
    else shelf.setFault(place.key, storeFaultOf(value, value.fault));
  }

  /** Can be read now: who follows what is there learns of it, as of something new. */
  #mend(value: StoredValue): void {
    const place = this.#place(value.key);
    if (place === undefined) return;
    const object = this.#decode(value);
    this.#shelfAt(place).set(place.key, object);
    this.#tell(this.#listeners, place, eventAt(place, value.modRevision, object, undefined));
  }

  /** Those who followed when it happened: who begins or stops meanwhile changes no list that is gone through. */
  #tell(listeners: Listeners, { prefix }: Place, event: CacheEvent): void {
    const [all, own] = [listeners.get(""), listeners.get(prefix)];
    if (all !== undefined) for (const listener of all) listener(event);
    if (own !== undefined) for (const listener of own) listener(event);
  }

  /** In a store of its own a server finds what it has written itself. */
  #decode(value: StoredValue): KubeObject {
    return decodeStored(value, this.#store.isShared);
  }

  #shelfAt({ prefix, resource }: Pick<Place, "prefix" | "resource">): Shelf {
    let shelf = this.#shelves.get(prefix);
    if (shelf === undefined) {
      shelf = new Shelf(resource);
      this.#shelves.set(prefix, shelf);
    }
    return shelf;
  }

  #apply(stored: StoreEvent): void {
    const { key, value, previous, revision } = stored;
    this.#revision = revision;
    const place = this.#place(key);
    if (place === undefined) return;
    if (value?.fault !== undefined) {
      this.#shelfAt(place).setFault(place.key, storeFaultOf(value, value.fault));
      this.#tell(this.#faultListeners, place, this.#keepFault(place, revision, faultOf(value, value.fault)));
      return;
    }
    const shelf = this.#shelfAt(place);
    const before = shelf.peek(place.key) ?? this.#decodedPrevious(previous);
    const object = value && this.#decode(value);
    if (object === undefined) shelf.delete(place.key);
    else shelf.set(place.key, object);
    const event = eventAt(place, revision, object, before);
    this.#history.add(event, sizeOf(stored));
    this.#tell(this.#listeners, place, event);
  }

  #keepFault(place: Place, revision: number, fault: string): CacheEvent {
    const event = { ...eventAt(place, revision, undefined, undefined), fault };
    this.#history.add(event, 0);
    return event;
  }

  #decodedPrevious(previous: StoredValue | undefined): KubeObject | undefined {
    return previous === undefined || previous.fault !== undefined ? undefined : this.#decode(previous);
  }

  /** An event from before this process: history, not news. */
  #remember(stored: StoreEvent): void {
    const { key, value, previous, revision } = stored;
    const place = this.#place(key);
    if (place === undefined) return;
    if (value?.fault !== undefined) {
      this.#keepFault(place, revision, faultOf(value, value.fault));
      return;
    }
    const event = eventAt(place, revision, value && this.#decode(value), this.#decodedPrevious(previous));
    this.#history.add(event, sizeOf(stored));
  }
}

function storeFaultOf({ key, modRevision }: StoredValue, fault: string): StoreFault {
  return { key, modRevision, fault };
}

/** kube-apiserver's words to who watches. */
function faultOf({ key }: StoredValue, fault: string): string {
  return `unable to transform key ${JSON.stringify(key)}: ${fault}`;
}

function added(listeners: Listeners, place: string, listener: Listener): () => void {
  listeners.set(place, [...(listeners.get(place) ?? []), listener]);
  return () => {
    const left = listeners.get(place)?.filter((each) => each !== listener) ?? [];
    if (left.length === 0) listeners.delete(place);
    else listeners.set(place, left);
  };
}

/** Of what an event holds; what was deleted is held as well. */
function sizeOf({ value, previous }: StoreEvent): number {
  return (value ?? previous)?.value.length ?? 0;
}

function eventAt(
  { resource, key }: Place,
  revision: number,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): CacheEvent {
  const at = key.indexOf("/");
  return { revision, resource, namespace: at < 0 ? "" : key.slice(0, at), name: key.slice(at + 1), object, previous };
}
