import { EtcdClient, type EtcdEndpoints } from "./etcd/client.ts";
import { EtcdCompactor } from "./etcd/compactor.ts";
import { GrpcError, grpcCodes } from "./etcd/grpc.ts";
import { EtcdLeases } from "./etcd/leases.ts";
import type { KeyValue, RangeResponse, WatchEvent, WatchResponse } from "./etcd/messages.ts";
import { EtcdWatch } from "./etcd/watch.ts";
import { KeptEvents } from "./kept-events.ts";
import {
  CompactedError,
  FutureRevisionError,
  type RangeOptions,
  type RangeResult,
  type Store,
  type StoredValue,
  StoreError,
  type StoreEvent,
  type StoreHealth,
  type Write,
  type WriteResult,
} from "./store.ts";

export interface EtcdOptions extends EtcdEndpoints {
  /** What stands for `/registry` in keys; kube-apiserver's `--etcd-prefix`. */
  readonly prefix?: string;
}

const ownPrefix = "/registry";

/** Keys of one page; with objects of 1.5 MiB, etcd's limit, a page of few large ones still fits into its answer. */
const pageKeys = 500;

/** How long to wait for the watch to tell what is known to be written; kube-apiserver waits as long for its cache. */
const toldMs = 3_000;

/** How long to try to reach etcd before the start is given up. */
const openMs = 10_000;

/**
 * Opens a store in a real etcd, 3.4 or newer, which other servers may use at the same time. Rejects with `StoreError` when none of its
 * servers answers.
 */
export async function openEtcdStore(options: EtcdOptions, patienceMs: number = openMs): Promise<Store> {
  const client = new EtcdClient(options);
  const prefix = (options.prefix ?? ownPrefix).replace(/\/+$/, "");
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      const { revision } = await client.range({ key: `${prefix}/`, end: `${prefix}0`, limit: 1 });
      return new EtcdStore(client, prefix, revision);
    } catch (error) {
      const isWorthTrying = (error as GrpcError).code === grpcCodes.unavailable && performance.now() < deadline;
      if (!isWorthTrying) {
        await client.close();
        throw new StoreError(`etcd cannot be reached (${(error as Error).message}); start it, or mend --etcd-servers`, {
          cause: error,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

interface Waiter {
  readonly revision: number;
  readonly done: () => void;
}

class EtcdStore implements Store {
  readonly isShared = true;
  readonly #client: EtcdClient;
  readonly #prefix: string;
  readonly #watch: EtcdWatch;
  readonly #leases: EtcdLeases;
  readonly #compactor: EtcdCompactor;
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  /** The revision of each key as it was told: what has gone while history was lost is found by it. */
  readonly #told = new Map<string, number>();
  readonly #events: KeptEvents;
  #waiters: Waiter[] = [];
  #revision: number;
  #fault: string | undefined;
  #syncing: Promise<void> | undefined;
  #nextSync: Promise<void> | undefined;

  constructor(client: EtcdClient, prefix: string, revision: number) {
    this.#client = client;
    this.#prefix = prefix;
    this.#revision = revision;
    this.#events = new KeptEvents(revision);
    this.#leases = new EtcdLeases(client);
    this.#compactor = new EtcdCompactor(client);
    this.#watch = new EtcdWatch(client, [`${prefix}/`, `${prefix}0`], revision, {
      onAnswer: (answer) => this.#tell(answer),
      onAsked: (reached) => this.#wake(reached),
      onCompacted: () => this.#readAgain(),
      onState: (error) => {
        this.#fault = error?.message;
      },
    });
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#events.compacted;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    const { values } = await this.#read(() => this.#client.range({ key: this.#outer(key) }));
    return values[0] && this.#inner(values[0]);
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangeResult> {
    const found = await this.#pages(prefix, options);
    // Whoever reads knows of these keys, as if they had been told.
    for (const { key, modRevision } of found.values) if (!this.#told.has(key)) this.#told.set(key, modRevision);
    return found;
  }

  async #pages(prefix: string, { limit, after, revision }: RangeOptions): Promise<RangeResult> {
    const start = this.#outer(prefix);
    const end = endOf(start);
    const wanted = limit === undefined || limit <= 0 ? Number.POSITIVE_INFINITY : limit;
    const values: StoredValue[] = [];
    let key = after === undefined ? start : `${this.#outer(after)}\0`;
    let at = revision;
    for (;;) {
      const request = { key, end, limit: Math.min(pageKeys, wanted - values.length), ...(at && { revision: at }) };
      const page: RangeResponse = await this.#read(() => this.#client.range(request), at);
      at ??= page.revision;
      for (const each of page.values) values.push(this.#inner(each));
      const remaining = page.count - page.values.length;
      const last = page.values.at(-1);
      if (last === undefined || remaining <= 0 || values.length >= wanted) return { values, revision: at, remaining };
      key = `${last.key}\0`;
    }
  }

  async write({ key, expected, value, ttlSeconds }: Write): Promise<WriteResult> {
    const compare = { key: this.#outer(key), target: "mod", is: expected } as const;
    const answer = await this.#written(async () => {
      const lease = value === undefined || ttlSeconds === undefined ? 0n : await this.#leases.of(ttlSeconds);
      return this.#client.txn({ compare, put: value && { value, lease } });
    });
    if (answer.succeeded) {
      // Deleting what is not there changes nothing, so nothing will be told of it.
      if (value !== undefined || expected !== 0) await this.#reached(answer.revision);
      return { ok: true, revision: answer.revision };
    }
    const { current } = answer;
    await this.#reached(current?.modRevision ?? answer.revision);
    return { ok: false, current: current && this.#inner(current) };
  }

  watch(revision: number, listener: (event: StoreEvent) => void): () => void {
    if (revision < this.compactedRevision) throw new CompactedError(revision, this.compactedRevision);
    for (const event of this.#events.behind(revision)) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async compact(revision: number): Promise<void> {
    await this.#read(() => this.#client.compact(revision), revision);
    this.#events.forget(revision);
  }

  /** Two rounds at most are under way: those who come while one runs share the next. */
  sync(): Promise<void> {
    if (this.#fault !== undefined) return Promise.resolve();
    if (this.#syncing === undefined) {
      this.#syncing = this.#syncOnce().finally(() => {
        this.#syncing = undefined;
      });
      return this.#syncing;
    }
    this.#nextSync ??= this.#syncing.then(() => {
      this.#nextSync = undefined;
      return this.sync();
    });
    return this.#nextSync;
  }

  health(): StoreHealth {
    return { name: "etcd", fault: this.#fault };
  }

  /** Of the member that is asked. */
  size(): Promise<number | undefined> {
    return this.#client.size().catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#compactor.stop();
    this.#watch.stop();
    this.#listeners.clear();
    await this.#client.close();
  }

  async #syncOnce(): Promise<void> {
    try {
      // A read that etcd's members agree on tells the newest revision.
      const { revision } = await this.#client.range({ key: `${this.#prefix}/`, limit: 1 });
      await this.#reached(revision);
    } catch {
      // etcd is away: what is known is all there is.
    }
  }

  #outer(key: string): string {
    return this.#prefix + key.slice(ownPrefix.length);
  }

  #innerKey(key: string): string {
    return ownPrefix + key.slice(this.#prefix.length);
  }

  #inner({ key, value, createRevision, modRevision }: KeyValue): StoredValue {
    return { key: this.#innerKey(key), value, createRevision, modRevision };
  }

  async #read<T>(call: () => Promise<T>, revision = 0): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      if (error.message.includes("has been compacted")) throw new CompactedError(revision, this.compactedRevision);
      if (error.message.includes("is a future revision")) throw new FutureRevisionError(revision, this.#revision);
      throw new StoreError(`etcd does not answer (${error.message})`, { cause: error });
    }
  }

  async #written<T>(call: () => Promise<T>): Promise<T> {
    if (this.#fault !== undefined) throw new StoreError(`etcd is away (${this.#fault})`);
    try {
      return await call();
    } catch (error) {
      if (error instanceof GrpcError)
        throw new StoreError(`etcd refused or lost it (${error.message})`, { cause: error });
      throw error;
    }
  }

  /** Until watchers have been told of everything up to a revision; not for ever, as what is durable is durable. */
  async #reached(revision: number): Promise<void> {
    if (this.#revision >= revision) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, toldMs);
    this.#waiters.push({ revision, done: resolve });
    this.#watch.askProgress();
    await promise;
    clearTimeout(timer);
  }

  #wake(revision: number): void {
    if (this.#waiters.length === 0) return;
    const ready = this.#waiters.filter((waiter) => waiter.revision <= revision);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
    for (const { done } of ready) done();
  }

  #tell({ events, revision, created, fragment }: WatchResponse): void {
    for (const event of events) this.#tellOne(this.#eventOf(event));
    if (!created && !fragment) this.#revision = Math.max(this.#revision, events.at(-1)?.value.modRevision ?? revision);
    this.#wake(this.#revision);
  }

  #eventOf({ isDelete, value, previous }: WatchEvent): StoreEvent {
    return {
      revision: value.modRevision,
      key: this.#innerKey(value.key),
      value: isDelete ? undefined : this.#inner(value),
      previous: previous && this.#inner(previous),
    };
  }

  #tellOne(event: StoreEvent): void {
    // A watch that was begun anew may tell again what a broken answer had told in part.
    if ((this.#told.get(event.key) ?? 0) >= event.revision) return;
    if (event.value === undefined) this.#told.delete(event.key);
    else this.#told.set(event.key, event.revision);
    this.#events.add(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** History was compacted while the watch was away: what differs from what was told is told now, each key once. */
  async #readAgain(): Promise<number> {
    const { values, revision } = await this.#pages(`${ownPrefix}/`, {});
    const here = new Set(values.map(({ key }) => key));
    this.#events.forget(this.#revision);
    for (const value of values.toSorted((a, b) => a.modRevision - b.modRevision))
      this.#tellOne({ revision: value.modRevision, key: value.key, value, previous: undefined });
    for (const key of [...this.#told.keys()].filter((each) => !here.has(each)))
      this.#tellOne({ revision, key, value: undefined, previous: undefined });
    this.#revision = Math.max(this.#revision, revision);
    this.#events.forget(revision);
    this.#wake(this.#revision);
    return revision;
  }
}

/** The first key that does not begin with a prefix: its last byte raised by one. */
function endOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
