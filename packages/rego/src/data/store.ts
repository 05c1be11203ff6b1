import type { JsonObject, Value } from "../value/value.ts";
import { Interner } from "./adopt.ts";
import { Draft, valueAt } from "./draft.ts";
import { type IndexLimits, JoinIndexes } from "./join-indexes.ts";
import { type DataPath, isAtOrBelow, StoreError } from "./path.ts";
import { DataSnapshot } from "./snapshot.ts";

/** One operation of a JSON Patch (RFC 6902), of the three that OPA's store knows. */
export interface PatchOperation {
  readonly op: "add" | "remove" | "replace";
  /** Below the path that is patched. */
  readonly path: DataPath;
  readonly value?: Value;
}

/** What a listener is told after a transaction that changed something at, below or around its path. */
export interface DataChange {
  readonly snapshot: DataSnapshot;
  /** Where documents have changed: all below may have. */
  readonly paths: readonly DataPath[];
}

interface Listener {
  readonly path: DataPath;
  readonly tell: (change: DataChange) => void;
}

export interface StoreOptions {
  readonly root?: JsonObject;
  readonly limits?: Partial<IndexLimits>;
}

/**
 * Base data that changes. Readers take a snapshot, which never changes and which `evaluate` takes as `data`; writers make a
 * transaction, of which readers see all or nothing. Loops over the data that compare it with something are answered from
 * indexes that are made on first use and follow each commit.
 *
 * ```ts
 * const store = new DataStore();
 * store.write((transaction) => transaction.put(["users", "ann"], { role: "admin" }));
 * policy.evaluate("p/allow", { data: store.snapshot, effects });
 * ```
 */
export class DataStore {
  readonly #interner = new Interner();
  readonly #indexes: JoinIndexes;
  readonly #listeners = new Set<Listener>();
  #snapshot: DataSnapshot;
  #open: DataTransaction | undefined;

  constructor({ root = {}, limits = {} }: StoreOptions = {}) {
    this.#indexes = new JoinIndexes(limits);
    const draft = new Draft({}, this.#interner);
    draft.put([], root);
    this.#snapshot = new DataSnapshot(draft.finish(), 0, this.#indexes);
    this.#indexes.follow(this.#snapshot.root, [[]]);
  }

  get snapshot(): DataSnapshot {
    return this.#snapshot;
  }

  /** Runs a transaction and commits it; one that throws changes nothing. */
  write<T>(change: (transaction: DataTransaction) => T): T {
    const transaction = this.begin();
    try {
      const result = change(transaction);
      transaction.commit();
      return result;
    } finally {
      transaction.abort();
    }
  }

  /** Begins a transaction. There is one at a time: throws while another is open. */
  begin(): DataTransaction {
    if (this.#open !== undefined) throw new StoreError("storage_write_conflict_error", "another transaction is open");
    const { root, version } = this.#snapshot;
    const end = (draft: Draft | undefined): DataSnapshot => {
      this.#open = undefined;
      if (draft !== undefined && draft.changes.length > 0) this.#commit(draft, version + 1);
      return this.#snapshot;
    };
    this.#open = new DataTransaction(new Draft(root, this.#interner), end);
    return this.#open;
  }

  /** Tells of each commit that touches a path. Answers how to stop it. */
  onChange(path: DataPath, tell: (change: DataChange) => void): () => void {
    const listener = { path, tell };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #commit(draft: Draft, version: number): void {
    const root = draft.finish();
    this.#indexes.follow(root, draft.changes);
    this.#snapshot = new DataSnapshot(root, version, this.#indexes);
    for (const { path, tell } of [...this.#listeners]) {
      const paths = draft.changes.filter((each) => isAtOrBelow(each, path) || isAtOrBelow(path, each));
      if (paths.length > 0) tell({ snapshot: this.#snapshot, paths });
    }
  }
}

/** Changes that become visible together. Reads inside see the changes so far. Each operation throws `StoreError` when it cannot be. */
export class DataTransaction {
  #draft: Draft | undefined;
  readonly #end: (draft: Draft | undefined) => DataSnapshot;

  constructor(draft: Draft, end: (draft: Draft | undefined) => DataSnapshot) {
    this.#draft = draft;
    this.#end = end;
  }

  read(path: DataPath): Value | undefined {
    return this.#current.read(path);
  }

  /** Writes a document, and the objects around it that are not there. */
  put(path: DataPath, value: Value): void {
    this.#current.put(path, value);
  }

  /** Applies operations in order, each to what the ones before it left. */
  patch(path: DataPath, operations: readonly PatchOperation[]): void {
    const draft = this.#current;
    for (const operation of operations) {
      const target = [...path, ...operation.path];
      if (operation.op === "remove") draft.remove(target);
      else if (operation.value === undefined) throw new StoreError("storage_invalid_patch_error", "patch has no value");
      else draft[operation.op](target, operation.value);
    }
  }

  remove(path: DataPath): void {
    this.#current.remove(path);
  }

  commit(): DataSnapshot {
    const draft = this.#current;
    this.#draft = undefined;
    return this.#end(draft);
  }

  /** Forgets all changes; after a commit it does nothing. */
  abort(): void {
    if (this.#draft === undefined) return;
    this.#draft = undefined;
    this.#end(undefined);
  }

  get #current(): Draft {
    if (this.#draft === undefined) throw new StoreError("storage_write_conflict_error", "the transaction has ended");
    return this.#draft;
  }
}

/** The document at a path of a snapshot; throws `StoreError` where there is none. */
export function readDocument(snapshot: DataSnapshot, path: DataPath): Value {
  const value = valueAt(snapshot.root, path);
  if (value === undefined) throw new StoreError("storage_not_found_error", "document does not exist");
  return value;
}
