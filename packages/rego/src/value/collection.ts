import { Decimal } from "./decimal.ts";
import { compareNumbers, type NumberValue, numberText } from "./number.ts";
import type { JsonObject, Value } from "./value.ts";

// Sets, built objects, keys and order are one file because each is defined by the others.

/** A Rego set. Grows while one evaluation builds it (`add`), and is read-only to everyone else. */
export class RegoSet {
  readonly #members = new Map<Key, Value>();
  #sorted: readonly Value[] | undefined;
  #canonical: string | undefined;

  static of(values: Iterable<Value>): RegoSet {
    const set = new RegoSet();
    for (const value of values) set.add(value);
    return set;
  }

  get size(): number {
    return this.#members.size;
  }

  add(value: Value): void {
    const key = keyOf(value);
    if (this.#members.has(key)) return;
    this.#members.set(key, value);
    this.#sorted = undefined;
    this.#canonical = undefined;
  }

  has(value: Value): boolean {
    return this.#members.has(keyOf(value));
  }

  /** Members in insertion order: only where order cannot be seen. */
  values(): IterableIterator<Value> {
    return this.#members.values();
  }

  /** Members in Rego's order; sorted once. */
  sorted(): readonly Value[] {
    this.#sorted ??= [...this.#members.values()].sort(compare);
    return this.#sorted;
  }

  canonical(): string {
    this.#canonical ??= "<" + [...this.#members.values()].map(canonicalText).sort().join() + ">";
    return this.#canonical;
  }
}

/** An object that evaluation builds: keys may be any value. Grows while it is built, then read-only. */
export class RegoObject {
  readonly #entries = new Map<Key, readonly [Value, Value]>();
  #sorted: readonly (readonly [Value, Value])[] | undefined;
  #canonical: string | undefined;

  static of(entries: Iterable<readonly [Value, Value]>): RegoObject {
    const object = new RegoObject();
    for (const [key, value] of entries) object.set(key, value);
    return object;
  }

  get size(): number {
    return this.#entries.size;
  }

  set(key: Value, value: Value): void {
    this.#entries.set(keyOf(key), [key, value]);
    this.#sorted = undefined;
    this.#canonical = undefined;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(keyOf(key));
  }

  /** Entries in insertion order: only where order cannot be seen. */
  entries(): IterableIterator<readonly [Value, Value]> {
    return this.#entries.values();
  }

  /** Entries in Rego's order of keys; sorted once. */
  sorted(): readonly (readonly [Value, Value])[] {
    this.#sorted ??= [...this.#entries.values()].sort((a, b) => compare(a[0], b[0]));
    return this.#sorted;
  }

  /** Spells an object with only string keys as the same JSON object would be spelled. */
  canonical(): string {
    this.#canonical ??= "{" + [...this.#entries.values()].sort(byKeyText).map(entryText).join() + "}";
    return this.#canonical;
  }
}

function entryText([key, value]: readonly [Value, Value]): string {
  return canonicalText(key) + ":" + canonicalText(value);
}

/** By UTF-16 units of the string keys first, as `Object.keys(...).sort()` orders a JSON object; others after, by text. */
function byKeyText(a: readonly [Value, Value], b: readonly [Value, Value]): number {
  const left = typeof a[0] === "string" ? "0" + a[0] : "1" + canonicalText(a[0]);
  const right = typeof b[0] === "string" ? "0" + b[0] : "1" + canonicalText(b[0]);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** What a `Map` is keyed by: equal for Rego-equal values, different for all others. */
export type Key = null | boolean | number | bigint | string;

/**
 * The `Map` key of a value. Scalars are their own key; composites are a canonical text behind a NUL, and strings that
 * begin with NUL are escaped by another, so that nothing collides.
 */
export function keyOf(value: Value): Key {
  if (typeof value === "string") return value.charCodeAt(0) === 0 ? "\0s" + value : value;
  if (value === null || typeof value !== "object") return value;
  return "\0" + canonicalText(value);
}

/** A text that is the same for Rego-equal values and for no others. Cached on sets and built objects. */
export function canonicalText(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "bigint") return numberText(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "[" + value.map(canonicalText).join() + "]";
  if (value instanceof RegoSet) return value.canonical();
  if (value instanceof RegoObject) return value.canonical();
  if (value instanceof Decimal) return value.toString();
  return jsonObjectText(value as { readonly [key: string]: Value });
}

function jsonObjectText(object: { readonly [key: string]: Value }): string {
  const names = Object.keys(object).sort();
  return "{" + names.map((name) => JSON.stringify(name) + ":" + canonicalText(object[name] as Value)).join() + "}";
}

/** Rego's total order: null < false < true < numbers < strings < arrays < objects < sets. Negative, zero or positive. */
export function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  const left = rank(a);
  const right = rank(b);
  if (left !== right) return left - right;
  switch (left) {
    case 3:
      return compareNumbers(a as NumberValue, b as NumberValue);
    case 4:
      return compareStrings(a as string, b as string);
    case 5:
      return compareArrays(a as readonly Value[], b as readonly Value[]);
    case 6:
      return compareObjects(a, b);
    case 7:
      return compareArrays((a as RegoSet).sorted(), (b as RegoSet).sorted());
    default:
      return 0;
  }
}

/** Rego equality: `1 == 1.0`, deep, order-free for sets and objects. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof RegoSet && b instanceof RegoSet && a.size !== b.size) return false;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => equal(item, b[i]));
  return rank(a) === rank(b) && canonicalText(a) === canonicalText(b);
}

/** Strings by code point, as Go compares UTF-8 bytes; JavaScript compares UTF-16 units, which differ above U+FFFF. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const surrogates = Number(isSurrogate(x)) - Number(isSurrogate(y));
    return surrogates !== 0 ? surrogates : x - y;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function compareArrays(a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compare(a[i] as Value, b[i] as Value);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** OPA compares sorted keys first pairwise with their values, then lengths. */
function compareObjects(a: Value, b: Value): number {
  const left = sortedEntries(a);
  const right = sortedEntries(b);
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const [leftKey, leftValue] = left[i] as readonly [Value, Value];
    const [rightKey, rightValue] = right[i] as readonly [Value, Value];
    const order = compare(leftKey, rightKey) || compare(leftValue, rightValue);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function rank(value: Value): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 2 : 1;
  if (typeof value === "string") return 4;
  if (typeof value !== "object") return 3;
  if (Array.isArray(value)) return 5;
  if (value instanceof RegoSet) return 7;
  return value instanceof Decimal ? 3 : 6;
}

/** Entries of an object in Rego's key order. */
export function sortedEntries(value: Value): readonly (readonly [Value, Value])[] {
  if (value instanceof RegoObject) return value.sorted();
  const object = value as JsonObject;
  return Object.keys(object)
    .sort(compareStrings)
    .map((name) => [name, object[name] as Value] as const);
}
