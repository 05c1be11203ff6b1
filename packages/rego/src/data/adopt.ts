import { RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import { Decimal } from "../value/decimal.ts";
import { setEntry } from "../value/entries.ts";
import { jsonText } from "../value/json.ts";
import type { JsonObject, Value } from "../value/value.ts";

/** Below this length strings repeat (names, labels, images); longer ones seldom do. */
const maxInterned = 128;

/** Strings that are remembered: enough for the names of a large cluster. */
const maxStrings = 500_000;

/** Makes equal short strings the same string, so that each is in memory once. */
export class Interner {
  readonly #strings = new Map<string, string>();

  string(value: string): string {
    if (value.length > maxInterned) return value;
    const known = this.#strings.get(value);
    if (known !== undefined) return known;
    if (this.#strings.size < maxStrings) this.#strings.set(value, value);
    return value;
  }
}

/** Of these, managedFields have dozens in each object: one is enough for all, as nobody can change it. */
const emptyObject: JsonObject = Object.freeze({});
const emptyArray: readonly Value[] = Object.freeze([]);

/**
 * A frozen copy of a value as base data: nobody who holds the original can change it. What JSON cannot hold becomes what
 * OPA's store makes of it: sets arrays, other keys their text.
 */
export function adopt(value: Value, interner: Interner): Value {
  if (typeof value === "string") return interner.string(value);
  if (value === null || typeof value !== "object" || value instanceof Decimal) return value;
  if (Array.isArray(value)) {
    if (value.length === 0) return emptyArray;
    return Object.freeze((value as readonly Value[]).map((item) => adopt(item, interner)));
  }
  if (value instanceof RegoSet) return Object.freeze(value.sorted().map((item) => adopt(item, interner)));
  if (value instanceof RegoObject) return adopt(plainObject(value), interner);
  // The clone has the hidden class of the original: objects that were parsed alike stay alike.
  const copy = { ...(value as JsonObject) } as { [key: string]: Value };
  const keys = Object.keys(copy);
  if (keys.length === 0) return emptyObject;
  for (const key of keys) setEntry(copy, key, adopt(copy[key] as Value, interner));
  return Object.freeze(copy);
}

function plainObject(value: RegoObject): JsonObject {
  const object: { [key: string]: Value } = {};
  for (const [key, item] of sortedEntries(value)) setEntry(object, typeof key === "string" ? key : jsonText(key), item);
  return object;
}
