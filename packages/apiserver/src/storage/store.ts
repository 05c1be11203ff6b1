/** One key as etcd holds it. `modRevision` is Kubernetes' resourceVersion. */
export interface StoredValue {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
}

/** What a transaction does when its comparison holds. */
export interface Write {
  readonly key: string;
  /** The modification revision that the key must have; 0 means that it must not exist. */
  readonly expected: number;
  /** Undefined deletes. */
  readonly value: Uint8Array | undefined;
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

/**
 * Storage with etcd's semantics: one revision for all keys, comparison on the modification revision, watches that resume.
 * https://etcd.io/docs/v3.5/learning/api/
 */
export interface Store {
  /** The revision of the last write that is durable. */
  readonly revision: number;
  /** All keys with a prefix, in order. */
  readonly range: (prefix: string) => Promise<readonly StoredValue[]>;
  /** Resolves when the write is durable, or has lost its comparison. Rejects with `StoreError` when it cannot be made durable. */
  readonly write: (write: Write) => Promise<WriteResult>;
  /** All events behind `revision`, then each as it becomes durable. Throws `CompactedError`. */
  readonly watch: (revision: number, listener: (event: StoreEvent) => void) => () => void;
  readonly close: () => Promise<void>;
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
