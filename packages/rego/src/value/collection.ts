import { Decimal } from "./decimal.ts";
import { canonicalNumberText, compareNumbers, type NumberValue } from "./number.ts";
import { compareStrings, sortStrings } from "./string-order.ts";
import type { JsonObject, Value } from "./value.ts";
import { Work } from "./work.ts";

// Sets, built objects, keys and order are one file because each is defined by the others.

/** The members of what is empty: an array of its own would have room for more than most collections ever hold. Never written to. */
const nothing: Value[] = [];

/** Up to this size members are compared one by one: making the text that a `Map` needs as key costs more. */
const smallSize = 8;

/**
 * True for a number or string that comes behind another one of its kind. Members that come so are distinct, whatever order of strings it
 * is: while they do, nothing needs to be hashed.
 */
function isBehind(value: Value, last: Value | undefined): boolean {
  if (typeof value === "number") return typeof last === "number" && value > last;
  return typeof value === "string" && typeof last === "string" && value > last;
}

/** A Rego set. Grows while one evaluation builds it (`add`), and is read-only to everyone else. */
export class RegoSet {
  #items: Value[] = nothing;
  /** Each member came behind the one before it. */
  #isRising = true;
  /** Keys of all members, once there are many that are no rising ones, or one of many was asked for. */
  #index: Set<Key> | undefined;
  #sorted: readonly Value[] | undefined;
  #canonical: string | undefined;

  static of(values: Iterable<Value>): RegoSet {
    const set = new RegoSet();
    for (const value of values) set.add(value);
    return set;
  }

  get size(): number {
    return this.#items.length;
  }

  add(value: Value): void {
    const items = this.#items;
    if (items.length === 0) this.#items = [value];
    else if (this.#isRising && isBehind(value, items[items.length - 1])) {
      items.push(value);
      this.#index?.add(keyOf(value));
    } else if (items.length < smallSize) {
      if (indexIn(items, value) >= 0) return;
      items.push(value);
      this.#isRising = false;
    } else {
      const index = this.#indexed();
      const { size } = index;
      if (index.add(keyOf(value)).size === size) return;
      items.push(value);
      this.#isRising = false;
    }
    this.#sorted = undefined;
    this.#canonical = undefined;
  }

  /** `work` is that of the comparison that this is a part of. */
  has(value: Value, work?: Work): boolean {
    if (this.#items.length <= smallSize) return indexIn(this.#items, value, work) >= 0;
    return this.#indexed().has(keyOf(value));
  }

  #indexed(): Set<Key> {
    this.#index ??= new Set(this.#items.map(keyOf));
    return this.#index;
  }

  /** Members in insertion order: only where order cannot be seen. */
  get items(): readonly Value[] {
    return this.#items;
  }

  /** The same, to iterate. */
  values(): IterableIterator<Value> {
    return this.#items.values();
  }

  /** Members in Rego's order; sorted once, and not at all when they came so. */
  sorted(): readonly Value[] {
    this.#sorted ??= isSorted(this.#items) ? this.#items : sortValues([...this.#items]);
    return this.#sorted;
  }

  canonical(): string {
    this.#canonical ??= short("<" + this.#items.map(canonicalText).sort().join() + ">");
    return this.#canonical;
  }
}

/** Where a value is among a few; negative when it is not. */
export function indexIn(items: readonly Value[], value: Value, work?: Work): number {
  if (typeof value === "string" || value === null || typeof value === "boolean") {
    for (let i = 0; i < items.length; i++) if (items[i] === value) return i;
    return -1;
  }
  for (let i = 0; i < items.length; i++) if (equalWithin(items[i] as Value, value, work)) return i;
  return -1;
}

function isSorted(values: readonly Value[]): boolean {
  for (let i = 1; i < values.length; i++) if (compare(values[i - 1] as Value, values[i] as Value) > 0) return false;
  return true;
}

/** In place. */
function sortValues(values: Value[]): Value[] {
  return values.every((value) => typeof value === "string") ? sortStrings(values) : values.sort(compare);
}

/** An object that evaluation builds: keys may be any value. Grows while it is built, then read-only. */
export class RegoObject {
  #keys: Value[] = nothing;
  #values: Value[] = nothing;
  /** Each key came behind the one before it. */
  #isRising = true;
  /** Where each key is, once there are many and one was asked for. */
  #index: Map<Key, number> | undefined;
  /** Where the key is that was asked for last: what asks in the order in which it was built needs no index. */
  #asked = -1;
  #sorted: readonly (readonly [Value, Value])[] | undefined;
  #canonical: string | undefined;

  static of(entries: Iterable<readonly [Value, Value]>): RegoObject {
    const object = new RegoObject();
    for (const [key, value] of entries) object.set(key, value);
    return object;
  }

  get size(): number {
    return this.#keys.length;
  }

  set(key: Value, value: Value): void {
    const known = this.#positionToSet(key);
    this.#sorted = undefined;
    this.#canonical = undefined;
    if (known >= 0) this.#values[known] = value;
    else this.#append(key, value);
  }

  /** Adds an entry, unless there is one under the key: answers what that holds, and changes nothing. */
  setOnce(key: Value, value: Value): Value | undefined {
    const known = this.#positionToSet(key);
    if (known >= 0) return this.#values[known];
    this.#sorted = undefined;
    this.#canonical = undefined;
    this.#append(key, value);
    return undefined;
  }

  /** Where a key is that is to be written: one behind all others is nowhere. */
  #positionToSet(key: Value): number {
    const keys = this.#keys;
    if (keys.length === 0) return -1;
    return this.#isRising && isBehind(key, keys[keys.length - 1]) ? -1 : this.#position(key);
  }

  /** The key is not there. */
  #append(key: Value, value: Value): void {
    const keys = this.#keys;
    if (keys.length === 0) {
      this.#keys = [key];
      this.#values = [value];
      return;
    }
    this.#isRising &&= isBehind(key, keys[keys.length - 1]);
    this.#index?.set(keyOf(key), keys.length);
    keys.push(key);
    this.#values.push(value);
  }

  /** What is under a key; where there is nothing, what `make` answers, from now on. */
  groupAt(key: Value, make: () => Value): Value {
    const known = this.#positionToSet(key);
    if (known >= 0) return this.#values[known] as Value;
    const made = make();
    this.#sorted = undefined;
    this.#canonical = undefined;
    this.#append(key, made);
    return made;
  }

  #position(key: Value): number {
    const keys = this.#keys;
    if (keys.length <= smallSize) return indexIn(keys, key);
    const next = this.#asked + 1;
    if (keys[next] === key) {
      this.#asked = next;
      return next;
    }
    this.#index ??= this.#indexed();
    const position = this.#index.get(keyOf(key)) ?? -1;
    this.#asked = position;
    return position;
  }

  #indexed(): Map<Key, number> {
    const index = new Map<Key, number>();
    const keys = this.#keys;
    for (let i = 0; i < keys.length; i++) index.set(keyOf(keys[i] as Value), i);
    return index;
  }

  get(key: Value): Value | undefined {
    const position = this.#position(key);
    return position < 0 ? undefined : this.#values[position];
  }

  has(key: Value): boolean {
    return this.#position(key) >= 0;
  }

  /** Keys in insertion order: only where order cannot be seen. */
  get keys(): readonly Value[] {
    return this.#keys;
  }

  /** Keys in Rego's order; the very array that `keys` answers when that is their order. */
  sortedKeys(): readonly Value[] {
    if (this.#sorted !== undefined) return this.#sorted.map(([key]) => key);
    return isSorted(this.#keys) ? this.#keys : this.sorted().map(([key]) => key);
  }

  /** The values at keys that it has. */
  valuesAt(keys: readonly Value[]): readonly Value[] {
    return keys === this.#keys ? this.#values : keys.map((key) => this.get(key) as Value);
  }

  /** Entries in insertion order: only where order cannot be seen. */
  *entries(): IterableIterator<readonly [Value, Value]> {
    for (let i = 0; i < this.#keys.length; i++) yield [this.#keys[i] as Value, this.#values[i] as Value];
  }

  /** Entries in Rego's order of keys; sorted once. */
  sorted(): readonly (readonly [Value, Value])[] {
    this.#sorted ??= [...this.entries()].sort((a, b) => compare(a[0], b[0]));
    return this.#sorted;
  }

  /** Spells an object with only string keys as the same JSON object would be spelled. */
  canonical(): string {
    this.#canonical ??= short("{" + [...this.entries()].sort(byKeyText).map(entryText).join() + "}");
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
  if (value instanceof Decimal && value.plain !== undefined) return value.plain;
  return "\0" + canonicalText(value);
}

/** A text that is the same for Rego-equal values and for no others. Cached on sets and built objects. */
export function canonicalText(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return short("[" + value.map(canonicalText).join() + "]");
  if (value instanceof RegoSet) return value.canonical();
  if (value instanceof RegoObject) return value.canonical();
  if (value instanceof Decimal) return canonicalNumberText(value);
  return jsonObjectText(value as { readonly [key: string]: Value });
}

function jsonObjectText(object: { readonly [key: string]: Value }): string {
  const names = Object.keys(object).sort();
  return short(
    "{" + names.map((name) => JSON.stringify(name) + ":" + canonicalText(object[name] as Value)).join() + "}",
  );
}

/** Longer keys are of values that hold the same parts again and again: their text would fill the memory. */
const maxKeyLength = 2 ** 26;

function short(text: string): string {
  if (text.length > maxKeyLength) throw new RangeError(`a key of more than ${maxKeyLength} characters`);
  return text;
}

/** Rego's total order: null < false < true < numbers < strings < arrays < objects < sets. Negative, zero or positive. */
export function compare(a: Value, b: Value): number {
  return compareWithin(a, b, undefined);
}

/** `work` is that of the comparison that this is a part of. */
function compareWithin(a: Value, b: Value, work: Work | undefined): number {
  if (a === b) return 0;
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : 1;
  const left = rank(a);
  const right = rank(b);
  if (left !== right) return left - right;
  switch (left) {
    case 3:
      return compareNumbers(a as NumberValue, b as NumberValue);
    case 5:
      return compareArrays(a as readonly Value[], b as readonly Value[], work);
    case 6:
      return compareObjects(a, b, work);
    case 7:
      return compareArrays((a as RegoSet).sorted(), (b as RegoSet).sorted(), work);
    default:
      return 0;
  }
}

/** Rego equality: `1 == 1.0`, deep, order-free for sets and objects. */
export function equal(a: Value, b: Value): boolean {
  return equalWithin(a, b, undefined);
}

/** `work` is that of the comparison that this is a part of. */
function equalWithin(a: Value, b: Value, work: Work | undefined): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (typeof a !== "object") return typeof b === "object" && typeof a !== "string" && equalsPlain(b, a);
  if (typeof b !== "object") return typeof b !== "string" && equalsPlain(a, b);
  if (Array.isArray(a)) return Array.isArray(b) && equalArrays(a as readonly Value[], b as readonly Value[], work);
  if (a instanceof RegoSet) return b instanceof RegoSet && equalSets(a, b, work);
  if (a instanceof Decimal) {
    return b instanceof Decimal && a.coefficient === b.coefficient && a.exponent === b.exponent;
  }
  if (Array.isArray(b) || b instanceof RegoSet || b instanceof Decimal) return false;
  return equalObjects(a as JsonObject | RegoObject, b as JsonObject | RegoObject, work ?? new Work());
}

/** A number as it is written, and one that is written plainly. */
function equalsPlain(value: object, plain: Value): boolean {
  return value instanceof Decimal && value.plain === plain;
}

function equalArrays(a: readonly Value[], b: readonly Value[], outer: Work | undefined): boolean {
  if (a.length !== b.length) return false;
  const work = outer ?? new Work();
  work.spend(a.length);
  for (let i = 0; i < a.length; i++) if (!equalWithin(a[i] as Value, b[i] as Value, work)) return false;
  return true;
}

function equalSets(a: RegoSet, b: RegoSet, work: Work | undefined): boolean {
  if (a.size !== b.size) return false;
  for (const item of a.items) if (!b.has(item, work)) return false;
  return true;
}

function equalObjects(a: JsonObject | RegoObject, b: JsonObject | RegoObject, work: Work): boolean {
  if (!(a instanceof RegoObject) && !(b instanceof RegoObject)) return equalJsonObjects(a, b, work);
  const keys = a instanceof RegoObject ? a.keys : Object.keys(a);
  if (keys.length !== (b instanceof RegoObject ? b.size : Object.keys(b).length)) return false;
  work.spend(keys.length);
  for (const key of keys) {
    const value = entryOf(b, key);
    if (value === undefined || !equalWithin(entryOf(a, key) as Value, value, work)) return false;
  }
  return true;
}

/** Neither has a prototype with names that `for in` would visit. */
function equalJsonObjects(a: JsonObject, b: JsonObject, work: Work): boolean {
  let more = 0;
  for (const key in a) {
    work.spend();
    if (!Object.hasOwn(b, key) || !equalWithin(a[key] as Value, b[key] as Value, work)) return false;
    more++;
  }
  for (const _ in b) more--;
  return more === 0;
}

function entryOf(object: JsonObject | RegoObject, key: Value): Value | undefined {
  if (object instanceof RegoObject) return object.get(key);
  return typeof key === "string" && Object.hasOwn(object, key) ? object[key] : undefined;
}

function compareArrays(a: readonly Value[], b: readonly Value[], outer: Work | undefined): number {
  const work = outer ?? new Work();
  const length = Math.min(a.length, b.length);
  work.spend(length);
  for (let i = 0; i < length; i++) {
    const order = compareWithin(a[i] as Value, b[i] as Value, work);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** OPA compares sorted keys first pairwise with their values, then lengths. */
function compareObjects(a: Value, b: Value, outer: Work | undefined): number {
  const work = outer ?? new Work();
  const left = sortedEntries(a);
  const right = sortedEntries(b);
  const length = Math.min(left.length, right.length);
  work.spend(length);
  for (let i = 0; i < length; i++) {
    const [leftKey, leftValue] = left[i] as readonly [Value, Value];
    const [rightKey, rightValue] = right[i] as readonly [Value, Value];
    const order = compareWithin(leftKey, rightKey, work) || compareWithin(leftValue, rightValue, work);
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
  return sortStrings(Object.keys(object)).map((name) => [name, object[name] as Value] as const);
}
