import { isObject, lookup } from "../value/access.ts";
import { setEntry } from "../value/entries.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { adopt, type Interner } from "./adopt.ts";
import { type DataPath, indexFromText, pointerText, StoreError } from "./path.ts";

type Mutable = { [key: string]: Value } | Value[];

/**
 * A document in change, by path copying: what lies on the way to a change is copied once, all else is shared with the document
 * it began as, which stays as it is.
 */
export class Draft {
  #root: JsonObject;
  readonly #interner: Interner;
  /** Copies that this draft has made, and may change. */
  readonly #own = new Set<object>();
  /** Paths of which the document has another value than before. */
  readonly changes: DataPath[] = [];

  constructor(root: JsonObject, interner: Interner) {
    this.#root = root;
    this.#interner = interner;
  }

  /** The document; nothing that was copied can be changed any more. */
  finish(): JsonObject {
    for (const each of this.#own) Object.freeze(each);
    this.#own.clear();
    return this.#root;
  }

  read(path: DataPath): Value | undefined {
    return valueAt(this.#root, path);
  }

  /** Writes a document; objects on the way to it are made where there are none. */
  put(path: DataPath, value: Value): void {
    const last = path.at(-1);
    if (last === undefined) {
      this.#replaceRoot(value);
      return;
    }
    const missing = this.#firstMissing(path);
    let parent = this.#writable(path.slice(0, missing), path);
    for (const key of path.slice(missing, -1)) {
      const made: { [key: string]: Value } = {};
      this.#own.add(made);
      setEntry(objectOf(parent, path), key, made);
      parent = made;
    }
    this.#set(parent, last, this.#adopted(value), path);
    this.changes.push(path.slice(0, missing + 1));
  }

  /** JSON Patch's add: an entry of an object, or an item that moves those behind it; `-` stands for the array's end. */
  add(path: DataPath, value: Value): void {
    const last = path.at(-1);
    if (last === undefined) {
      this.#replaceRoot(value);
      return;
    }
    const parent = this.#writable(path.slice(0, -1), path);
    if (!Array.isArray(parent)) {
      setEntry(objectOf(parent, path), last, this.#adopted(value));
      this.changes.push(path);
      return;
    }
    const at = last === "-" ? parent.length : indexOf(parent, last, path, parent.length);
    parent.splice(at, 0, this.#adopted(value));
    this.changes.push(path.slice(0, -1));
  }

  replace(path: DataPath, value: Value): void {
    this.#checkPresent(path);
    this.put(path, value);
  }

  remove(path: DataPath): void {
    const last = path.at(-1);
    if (last === undefined) throw new StoreError("storage_invalid_patch_error", "root cannot be removed");
    this.#checkPresent(path);
    const parent = this.#writable(path.slice(0, -1), path);
    if (Array.isArray(parent)) {
      parent.splice(Number(last), 1);
      this.changes.push(path.slice(0, -1));
    } else {
      delete parent[last];
      this.changes.push(path);
    }
  }

  /** Throws for what is not there, as OPA's store: of arrays it says what is wrong with the position. */
  #checkPresent(path: DataPath): void {
    let value: Value = this.#root;
    for (const [i, key] of path.entries()) {
      if (Array.isArray(value)) {
        if (key === "-" && i === path.length - 1)
          throw new StoreError("storage_invalid_patch_error", `${pointerText(path)}: invalid patch path`);
        indexOf(value, key, path, value.length - 1);
      }
      const below = entryAt(value, key);
      if (below === undefined) throw notFound();
      value = below;
    }
  }

  #replaceRoot(value: Value): void {
    const root = this.#adopted(value);
    if (!isObject(root)) throw new StoreError("storage_invalid_patch_error", "root must be object");
    this.#root = root as JsonObject;
    this.changes.push([]);
  }

  #adopted(value: Value): Value {
    return adopt(value, this.#interner);
  }

  /** How many parts of a path lead to documents that are there; the last part never counts. */
  #firstMissing(path: DataPath): number {
    let value: Value | undefined = this.#root;
    for (let i = 0; i < path.length - 1; i++) {
      value = entryAt(value, path[i] as string);
      if (value === undefined) return i;
    }
    return path.length - 1;
  }

  /** The collection at a path, and all around it, as this draft's own. */
  #writable(path: DataPath, whole: DataPath): Mutable {
    this.#root = this.#owned(this.#root, whole) as JsonObject;
    let current = this.#root as Mutable;
    for (const key of path) {
      if (Array.isArray(current)) indexOf(current, key, whole, current.length - 1);
      const below = entryAt(current as Value, key);
      if (below === undefined) throw notFound();
      const owned = this.#owned(below, whole);
      this.#set(current, key, owned as Value, whole);
      current = owned;
    }
    return current;
  }

  #owned(value: Value, path: DataPath): Mutable {
    if (this.#own.has(value as object)) return value as Mutable;
    if (!Array.isArray(value) && !isObject(value)) throw conflict(path);
    const copy: Mutable = Array.isArray(value) ? [...(value as readonly Value[])] : { ...(value as JsonObject) };
    this.#own.add(copy);
    return copy;
  }

  #set(parent: Mutable, key: string, value: Value, path: DataPath): void {
    if (!Array.isArray(parent)) {
      setEntry(parent, key, value);
      return;
    }
    parent[indexOf(parent, key, path, parent.length - 1)] = value;
  }
}

function objectOf(value: Mutable, path: DataPath): { [key: string]: Value } {
  if (Array.isArray(value)) throw conflict(path);
  return value;
}

export function valueAt(root: Value, path: DataPath): Value | undefined {
  let value: Value | undefined = root;
  for (const key of path) {
    if (value === undefined) return undefined;
    value = entryAt(value, key);
  }
  return value;
}

function entryAt(value: Value, key: string): Value | undefined {
  if (!Array.isArray(value)) return lookup(value, key);
  const at = indexFromText(key);
  return at === undefined ? undefined : (value as readonly Value[])[at];
}

/** The position that a key names, `last` at most; `path` is what the error tells. */
function indexOf(items: readonly Value[], key: string, path: DataPath, last: number): number {
  const at = indexFromText(key);
  if (at !== undefined && at <= last && at <= items.length) return at;
  const isInteger = /^-?\d+$/.test(key);
  const fault = isInteger ? "array index out of range" : "array index must be integer";
  throw new StoreError("storage_not_found_error", `${pointerText(path)}: ${fault}`);
}

function notFound(): StoreError {
  return new StoreError("storage_not_found_error", "document does not exist");
}

function conflict(path: DataPath): StoreError {
  return new StoreError("storage_write_conflict_error", pointerText(path));
}
