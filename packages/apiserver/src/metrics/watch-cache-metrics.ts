import { Counter, Gauge, type GroupVersionResource, Histogram, type Observer, type Rendered } from "@sallyport/kube";
import type { Watched } from "../registry/history.ts";

const place = ["group", "resource"];
const listed = ["group", "resource", "storage"];
const indexed = ["group", "index", "resource", "storage"];
const versioned = ["group", "resource", "version"];

/** All lists come from the cache. */
const storage = "watchcache";

/** The cache that reads and watches are served from, by kube-apiserver's names. Here one cache holds all resources. */
export class WatchCacheMetrics {
  readonly #received = new Counter(
    "apiserver_watch_cache_events_received_total",
    "[ALPHA] Counter of events received in watch cache broken by resource type.",
    place,
  );
  readonly #dispatched = new Counter(
    "apiserver_watch_cache_events_dispatched_total",
    "[ALPHA] Counter of events dispatched in watch cache broken by resource type.",
    place,
  );
  readonly #stored = new Counter(
    "apiserver_storage_events_received_total",
    "[BETA] Number of etcd events received split by kind.",
    place,
  );
  readonly #loaded = new Counter(
    "apiserver_init_events_total",
    "[ALPHA] Counter of init events processed in watch cache broken by resource type.",
    place,
  );
  readonly #initializations = new Counter(
    "apiserver_watch_cache_initializations_total",
    "[ALPHA] Counter of watch cache initializations broken by resource type.",
    place,
  );
  readonly #revision = new Gauge(
    "apiserver_watch_cache_resource_version",
    "[ALPHA] Current resource version of watch cache broken by resource type. This is truncated to the 15 least significant digits.",
    place,
  );
  readonly #consistent = new Counter(
    "apiserver_watch_cache_consistent_read_total",
    "[ALPHA] Counter for consistent reads from cache.",
    ["fallback", ...place, "success"],
  );
  readonly #waits = new Histogram(
    "apiserver_watch_cache_read_wait_seconds",
    "[ALPHA] Histogram of time spent waiting for a watch cache to become fresh.",
    place,
    [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3],
  );
  readonly #sizes = new Histogram(
    "apiserver_watch_events_sizes",
    "[BETA] Watch event size distribution in bytes",
    versioned,
    Array.from({ length: 8 }, (_, i) => 1024 * 2 ** i),
  );
  readonly #lists = new Counter(
    "apiserver_storage_list_total",
    "[ALPHA] Number of LIST requests served from storage",
    indexed,
  );
  readonly #fetched = new Counter(
    "apiserver_storage_list_fetched_objects_total",
    "[ALPHA] Number of objects read from storage in the course of serving a LIST request",
    indexed,
  );
  readonly #evaluated = new Counter(
    "apiserver_storage_list_evaluated_objects_total",
    "[ALPHA] Number of objects tested in the course of serving a LIST request from storage",
    listed,
  );
  readonly #returned = new Counter(
    "apiserver_storage_list_returned_objects_total",
    "[ALPHA] Number of objects returned for a LIST request from storage",
    listed,
  );
  readonly #held = new Set<string>();
  /** Events go to many watchers: what is looked up once is kept. */
  readonly #sizeObservers = new WeakMap<object, Observer>();

  /** So many objects were there when the server started. */
  loaded({ group, resource }: Watched, count: number): void {
    this.#loaded.add([group, resource], count);
  }

  /** An event has come from the store, and goes to all who watch its resource. */
  received({ group, resource }: Watched): void {
    for (const counter of [this.#stored, this.#received, this.#dispatched]) counter.add([group, resource]);
  }

  /** A read has waited until all that had been written was seen; `isConsistent` where it asked for no revision. */
  waited({ group, resource }: Watched, seconds: number, isConsistent: boolean): void {
    this.#waits.observe([group, resource], seconds);
    if (isConsistent) this.#consistent.add(["false", group, resource, "true"]);
  }

  /** A list was answered: of so many objects, of which so many were held against a selector, and so many are in it. */
  listed({ group, resource }: Watched, fetched: number, evaluated: number, returned: number): void {
    this.#lists.add([group, "", resource, storage]);
    this.#fetched.add([group, "", resource, storage], fetched);
    this.#evaluated.add([group, resource, storage], evaluated);
    this.#returned.add([group, resource, storage], returned);
  }

  sent(served: GroupVersionResource, bytes: number): void {
    let observe = this.#sizeObservers.get(served);
    if (observe === undefined) {
      observe = this.#sizes.observer([served.group, served.resource, served.version]);
      this.#sizeObservers.set(served, observe);
    }
    observe(bytes);
  }

  /** What is there now: the resources that the cache holds, and how far it has come. */
  holds(resources: Iterable<Watched>, revision: number): void {
    for (const { group, resource } of resources) {
      const name = `${resource}.${group}`;
      if (!this.#held.has(name)) this.#initializations.add([group, resource]);
      this.#held.add(name);
      this.#revision.set([group, resource], revision % 1e15);
    }
  }

  get all(): readonly Rendered[] {
    return [
      this.#received,
      this.#dispatched,
      this.#stored,
      this.#initializations,
      this.#loaded,
      this.#revision,
      this.#consistent,
      this.#waits,
      this.#lists,
      this.#fetched,
      this.#evaluated,
      this.#returned,
      this.#sizes,
    ];
  }
}
