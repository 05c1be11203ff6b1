/** One key as etcd holds it. `modRevision` is Kubernetes' resourceVersion. */
export interface StoredValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Why it cannot be read, where it cannot; its value is empty then. Only of a store that seals. */
  readonly fault?: string;
}

/** What a transaction does when its comparison holds. */
export interface Write {
  readonly key: string;
  /** The modification revision that the key must have; 0 means that it must not exist. */
  readonly expected: number;
  /** Undefined deletes. */
  readonly value: Uint8Array | undefined;
  /** The store deletes the key by itself when it was not written for so long. Embedded stores leave that to a controller. */
  readonly ttlSeconds?: number;
}

export type WriteResult =
  | { readonly ok: true; readonly revision: number }
  /** Somebody was faster: what is there now. */
  | { readonly ok: false; readonly current: StoredValue | undefined };

/** One change, in the order of revisions. */
export interface StoreEvent {
  readonly revision: number;
  readonly key: string;
  /** Undefined when the key was deleted. */
  readonly value: StoredValue | undefined;
  /** Undefined when the key was created. */
  readonly previous: StoredValue | undefined;
}

export interface RangeOptions {
  /** At most so many values. */
  readonly limit?: number;
  /** Only keys behind this one: the last key of the page before. */
  readonly after?: string;
  /** As it was at this revision; the newest when absent. */
  readonly revision?: number;
}

export interface RangeResult {
  readonly values: readonly StoredValue[];
  /** The revision that the values are of: pages that follow ask for the same one. */
  readonly revision: number;
  /** How many keys lie behind the last one that was answered. */
  readonly remaining: number;
}

/**
 * Storage with etcd's semantics: one revision for all keys, comparison on the modification revision, watches that resume.
 * https://etcd.io/docs/v3.5/learning/api/
 */
export interface Store {
  /** The revision of the last write that is durable and was told to watchers. */
  readonly revision: number;
  /** Others write to it too, so that it may know less than they. */
  readonly isShared: boolean;
  /** Events up to here are forgotten; all behind can be watched and read. */
  readonly compactedRevision: number;
  readonly get: (key: string) => Promise<StoredValue | undefined>;
  /** Keys with a prefix, in order, page by page of one revision. Rejects with `CompactedError`, or `FutureRevisionError`. */
  readonly range: (prefix: string, options?: RangeOptions) => Promise<RangeResult>;
  /** Resolves when the write is durable, or has lost its comparison, and watchers have been told of what it found. Rejects with `StoreError` when it cannot be made durable. */
  readonly write: (write: Write) => Promise<WriteResult>;
  /** All events behind `revision`, then each as it becomes durable. Throws `CompactedError`. */
  readonly watch: (revision: number, listener: (event: StoreEvent) => void) => () => void;
  /** Forgets the events up to a revision. Rejects with `CompactedError` when they are gone already. */
  readonly compact: (revision: number) => Promise<void>;
  /** Resolves when watchers have been told of everything that anybody had written before the call; at once when the store is away. */
  readonly sync: () => Promise<void>;
  /** Whether writes are taken, by the name of the check in `/readyz`. */
  readonly health: () => StoreHealth;
  /** Bytes that the database takes on its disk; absent where it has none, undefined where nobody answers. */
  readonly size?: () => Promise<number | undefined>;
  /** Whether the same object would be written otherwise now, so that writing it is not writing nothing. Never, where there is none. */
  readonly isStale?: (key: string) => boolean;
  /** Told of each value that had a `fault`, when it can be read. */
  readonly onMended?: (listener: (value: StoredValue) => void) => void;
  readonly close: () => Promise<void>;
}

export interface StoreHealth {
  readonly name: string;
  /** Why writes are refused. */
  readonly fault: string | undefined;
}

/** etcd's `required revision is a future revision`. */
export class FutureRevisionError extends Error {
  constructor(revision: number, newest: number) {
    super(`required revision ${revision} is a future revision, the newest is ${newest}`);
    this.name = "FutureRevisionError";
  }
}

/** The oldest events are gone: the watcher must list again. Kubernetes answers 410 Expired. */
export class CompactedError extends Error {
  constructor(revision: number, oldest: number) {
    super(`required revision ${revision} has been compacted, the oldest is ${oldest}`);
    this.name = "CompactedError";
  }
}

/** A store that cannot be opened or written: one line that says what and where. */
export class StoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
  }
}

/** Nothing of a write is on disk, as there is no room; later ones may find some. */
export class DiskFullError extends StoreError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DiskFullError";
  }
}
