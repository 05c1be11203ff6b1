import { isObject, lookup, sizeOf } from "../value/access.ts";
import { equal, RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import { Decimal } from "../value/decimal.ts";
import { sortStrings } from "../value/string-order.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { EvaluationError } from "./errors.ts";
import type { Place } from "./ir.ts";

// What statements of both evaluators do; each function is one statement, and answers undefined for Rego's undefined.

/** Keys of an object or members of a set, in Rego's order; undefined for all else. */
export function scanKeys(source: Value | undefined): readonly Value[] | undefined {
  if (source instanceof RegoSet) return source.sorted();
  if (source instanceof RegoObject) return source.sortedKeys();
  if (source === undefined || source === null || typeof source !== "object") return undefined;
  return Array.isArray(source) || source instanceof Decimal ? undefined : sortedNames(source as JsonObject);
}

/** Fewer names are sorted as fast as they are looked up and compared. */
const minKeptNames = 32;

/** Names of objects as they came and sorted, while the objects live: query after query looks through the same base data. */
const keptNames = new WeakMap<JsonObject, { readonly names: readonly string[]; readonly sorted: readonly string[] }>();

/** In Rego's order. An object that has changed since its names were sorted has other names. */
function sortedNames(object: JsonObject): readonly string[] {
  const names = Object.keys(object);
  if (names.length < minKeptNames) return sortStrings(names);
  const kept = keptNames.get(object);
  if (kept !== undefined && areSame(kept.names, names)) return kept.sorted;
  const sorted = sortStrings([...names]);
  keptNames.set(object, { names, sorted });
  return sorted;
}

function areSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The same in any order. */
export function keysOf(source: Value | undefined): readonly Value[] | undefined {
  if (source === undefined || source === null || typeof source !== "object" || Array.isArray(source)) return undefined;
  if (source instanceof RegoSet) return source.items;
  if (source instanceof RegoObject) return source.keys;
  return source instanceof Decimal ? undefined : Object.keys(source);
}

/** The values at some keys that `scanKeys` or `keysOf` gave. */
export function valuesAt(source: Value, keys: readonly Value[]): readonly Value[] {
  if (source instanceof RegoSet) return keys;
  if (source instanceof RegoObject) return source.valuesAt(keys);
  return keys.map((key) => (source as JsonObject)[key as string] as Value);
}

/** LenStmt: as `count` counts. */
export function lengthOf(value: Value): number | undefined {
  return typeof value === "string" ? [...value].length : sizeOf(value);
}

/** ObjectInsertOnceStmt: the same value again is no conflict. */
export function insertOnce(object: Value, key: Value, value: Value, place: Place): void {
  if (!(object instanceof RegoObject)) throw objectConflict(place);
  const known = object.setOnce(key, value);
  if (known !== undefined && !equal(known, value)) throw objectConflict(place);
}

export function objectConflict(place: Place): EvaluationError {
  return new EvaluationError("eval_conflict_error", "object keys must be unique", place);
}

export function valueConflict(isFunction: boolean, place: Place): EvaluationError {
  const what = isFunction
    ? "functions must not produce multiple outputs for same inputs"
    : "complete rules must not produce multiple outputs";
  return new EvaluationError("eval_conflict_error", what, place);
}

/** A `with` whose target is no path of a document. */
export function badPath(place: Place & { readonly name?: string }): EvaluationError {
  return new EvaluationError("eval_conflict_error", "bad document path", place);
}

/** ObjectMergeStmt: `a` over `b`, deep where both are objects. */
export function mergeObjects(a: Value, b: Value): Value {
  if (!isObject(a) || !isObject(b)) return a;
  const merged = RegoObject.of(sortedEntries(b));
  for (const [key, value] of sortedEntries(a)) {
    const below = merged.get(key);
    merged.set(key, below === undefined ? value : mergeObjects(value, below));
  }
  return merged;
}

/** WithStmt: the document with another value at a path; what is not an object on the way is replaced. */
export function overlay(document: Value | undefined, path: readonly string[], value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const below = document === undefined ? undefined : lookup(document, key);
  const inner = overlay(below, rest, value);
  if (document === undefined || !isObject(document)) return RegoObject.of([[key, inner]]);
  return withEntry(document, key, inner);
}

/** As `overlay`, for base data: what is below a value that is no object on the way can still be read there, as OPA reads each layer. */
export function overlayData(document: Value | undefined, path: readonly string[], value: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const below = document === undefined ? undefined : lookup(document, key);
  const inner = overlayData(below, rest, value);
  if (document === undefined) return RegoObject.of([[key, inner]]);
  if (!isObject(document) || document instanceof Shadow) {
    const shadow = new Shadow(document instanceof Shadow ? document.below : document);
    if (document instanceof Shadow) for (const [each, member] of document.entries()) shadow.set(each, member);
    shadow.set(key, inner);
    return shadow;
  }
  return withEntry(document, key, inner);
}

function withEntry(document: JsonObject | RegoObject, key: string, value: Value): Value {
  if (document instanceof RegoObject) {
    const copy = RegoObject.of(document.entries());
    copy.set(key, value);
    return copy;
  }
  const copy = Object.assign(Object.create(null) as { [key: string]: Value }, document);
  copy[key] = value;
  return copy;
}

/** An object that `with` has put before a value of base data that is none. */
class Shadow extends RegoObject {
  readonly below: Value;

  constructor(below: Value) {
    super();
    this.below = below;
  }

  override get(key: Value): Value | undefined {
    return super.get(key) ?? lookup(this.below, key);
  }
}
