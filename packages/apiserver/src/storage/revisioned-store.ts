import { KeptEvents } from "./kept-events.ts";
import {
  CompactedError,
  DiskFullError,
  FutureRevisionError,
  type RangeOptions,
  type RangeResult,
  type Store,
  type StoredValue,
  type StoreEvent,
  type StoreHealth,
  type Write,
  type WriteResult,
} from "./store.ts";

/** What a driver must keep: the state as it was, and each batch of events, all or nothing. */
export interface Journal {
  readonly load: () => {
    readonly revision: number;
    readonly values: Iterable<StoredValue>;
    readonly events: readonly StoreEvent[];
  };
  /**
   * Resolves when the events are durable. They come in the order of their revisions; nobody asks any more for what was up to `compacted`.
   * Rejects with `DiskFullError` when none of them is durable.
   */
  readonly append: (events: readonly StoreEvent[], compacted: number) => Promise<void>;
  /** Drops the events up to a revision. */
  readonly forget: (revision: number) => Promise<void>;
  /** Bytes on the disk; absent where nothing is written. */
  readonly size?: () => number;
  readonly close: () => Promise<void>;
}

/** What was accepted last for a key, and is not durable yet. */
interface Pending {
  readonly revision: number;
  /** Undefined for a deletion. */
  readonly value: StoredValue | undefined;
  /** When it is durable and told to watchers; rejects when it cannot be. */
  readonly settled: Promise<void>;
}

interface Waiting {
  readonly event: StoreEvent;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The semantics that all embedded drivers share. Comparisons are made at once against what is accepted; writes that wait
 * together are made durable together; only durable writes are seen by anyone.
 */
export class RevisionedStore implements Store {
  readonly isShared = false;
  readonly #journal: Journal;
  readonly #durable = new Map<string, StoredValue>();
  readonly #pending = new Map<string, Pending>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  readonly #events: KeptEvents;
  #accepted: number;
  #revision: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  /** Why the last batch failed; undefined when it did not. */
  #fault: Error | undefined;
  /** A batch that failed for more than lack of room leaves doubt about what is on disk: nothing more is accepted. */
  #isBroken = false;

  constructor(journal: Journal) {
    this.#journal = journal;
    const { revision, values, events } = journal.load();
    for (const value of values) this.#durable.set(value.key, value);
    this.#revision = this.#accepted = revision;
    // Every revision has one event: what lies before the first one that was kept is forgotten.
    this.#events = new KeptEvents((events[0]?.revision ?? revision + 1) - 1);
    for (const event of events) this.#events.add(event);
  }

  get revision(): number {
    return this.#revision;
  }

  get compactedRevision(): number {
    return this.#events.compacted;
  }

  async get(key: string): Promise<StoredValue | undefined> {
    return this.#durable.get(key);
  }

  async range(prefix: string, { limit, after, revision }: RangeOptions = {}): Promise<RangeResult> {
    const at = revision ?? this.#revision;
    const found = [...this.#stateAt(at).values()].filter(({ key }) => key.startsWith(prefix) && key > (after ?? ""));
    found.sort((a, b) => (a.key < b.key ? -1 : 1));
    const values = limit === undefined || limit <= 0 ? found : found.slice(0, limit);
    return { values, revision: at, remaining: found.length - values.length };
  }

  async write({ key, expected, value }: Write): Promise<WriteResult> {
    if (this.#isBroken) throw this.#fault;
    const current = this.#current(key);
    if ((current?.modRevision ?? 0) !== expected) {
      // Whoever tries again before watchers know who was faster would only find the old value once more.
      await this.#pending.get(key)?.settled.catch(() => {});
      return { ok: false, current: this.#current(key) };
    }
    if (current === undefined && value === undefined) return { ok: true, revision: this.#revision };
    const revision = ++this.#accepted;
    const next = value && { key, value, createRevision: current?.createRevision ?? revision, modRevision: revision };
    const settled = this.#flushed({ revision, key, value: next, previous: current });
    this.#pending.set(key, { revision, value: next, settled });
    await settled;
    return { ok: true, revision };
  }

  watch(revision: number, listener: (event: StoreEvent) => void): () => void {
    this.#checkKept(revision);
    for (const event of this.#events.behind(revision)) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async compact(revision: number): Promise<void> {
    this.#checkKept(revision);
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    this.#events.forget(revision);
    await this.#journal.forget(revision);
  }

  /** Everything that was acknowledged has been told already. */
  async sync(): Promise<void> {}

  health(): StoreHealth {
    return { name: "store", fault: this.#fault?.message };
  }

  async size(): Promise<number | undefined> {
    return this.#journal.size?.();
  }

  async close(): Promise<void> {
    await this.#flushing;
    this.#listeners.clear();
    await this.#journal.close();
  }

  /** The newest state with the events behind a revision taken back. */
  #stateAt(revision: number): ReadonlyMap<string, StoredValue> {
    if (revision === this.#revision) return this.#durable;
    if (revision > this.#revision) throw new FutureRevisionError(revision, this.#revision);
    this.#checkKept(revision);
    const state = new Map(this.#durable);
    for (const event of this.#events.behind(revision).toReversed()) {
      if (event.previous === undefined) state.delete(event.key);
      else state.set(event.key, event.previous);
    }
    return state;
  }

  #checkKept(revision: number): void {
    const { compacted } = this.#events;
    if (revision < compacted) throw new CompactedError(revision, compacted);
  }

  #current(key: string): StoredValue | undefined {
    const pending = this.#pending.get(key);
    return pending === undefined ? this.#durable.get(key) : pending.value;
  }

  #flushed(event: StoreEvent): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ event, done, failed });
      this.#flushing ??= this.#flush();
    });
  }

  /** One batch after another: while one is on its way to the disk, the next gathers. */
  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const events = batch.map(({ event }) => event);
        await this.#journal.append(events, this.#events.compacted);
      } catch (error) {
        this.#refuse(error as Error, batch);
        break;
      }
      this.#fault = undefined;
      for (const { event, done } of batch) {
        this.#apply(event);
        done();
      }
    }
    this.#flushing = undefined;
  }

  /** Those who wait have compared with what this batch would have written, so they fail with it. No revision of theirs was told to anyone. */
  #refuse(error: Error, batch: readonly Waiting[]): void {
    this.#fault = error;
    this.#isBroken = !(error instanceof DiskFullError);
    for (const { failed } of [...batch, ...this.#waiting]) failed(error);
    this.#waiting = [];
    this.#pending.clear();
    this.#accepted = this.#revision;
  }

  #apply(event: StoreEvent): void {
    const { key, value, revision } = event;
    if (value === undefined) this.#durable.delete(key);
    else this.#durable.set(key, value);
    if (this.#pending.get(key)?.revision === revision) this.#pending.delete(key);
    this.#revision = revision;
    this.#events.add(event);
    for (const listener of this.#listeners) listener(event);
  }
}
