import type { JsonObject, Value } from "../value/value.ts";
import type { JoinIndexes } from "./join-indexes.ts";

/** Base data as it was at one moment. `evaluate` takes it as `data`. */
export class DataSnapshot {
  readonly root: JsonObject;
  /** Counts the commits of its store. */
  readonly version: number;
  /** Of the store: they answer for the last snapshot only, others are looked through. */
  readonly indexes: JoinIndexes;

  constructor(root: JsonObject, version: number, indexes: JoinIndexes) {
    this.root = root;
    this.version = version;
    this.indexes = indexes;
  }
}

/** The document of base data as it is given to an evaluation. */
export function documentOf(data: DataSnapshot | Value | undefined): Value {
  return data instanceof DataSnapshot ? data.root : (data ?? {});
}
