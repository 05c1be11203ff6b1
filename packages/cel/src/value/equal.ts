import { isSameType, runtimeTypeName } from "../check/type.ts";
import { JsonList } from "./json.ts";
import { compareNumbers, isNumber } from "./number.ts";
import { Duration, ListValue, MapValue, Opaque, Optional, Struct, Timestamp, TypeValue, type Value } from "./value.ts";

/** CEL's equality: defined between all values, numbers by their mathematical value, NaN equal to nothing. */
export function isEqual(a: Value, b: Value): boolean {
  if (typeof a !== "object" && typeof a === typeof b) return a === b;
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return a === b;
  if (a instanceof ListValue) return b instanceof ListValue && areListsEqual(a, b);
  if (a instanceof MapValue) return b instanceof MapValue && areMapsEqual(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof TypeValue) return b instanceof TypeValue && runtimeTypeName(a.type) === runtimeTypeName(b.type);
  if (a instanceof Optional) return b instanceof Optional && areOptionalsEqual(a, b);
  if (a instanceof Struct) return b instanceof Struct && a.equals(b);
  if (a instanceof Opaque) return b instanceof Opaque && isSameType(a.type, b.type) && a.equals(b);
  return false;
}

function areListsEqual(a: ListValue, b: ListValue): boolean {
  if (a.size !== b.size) return false;
  if (a instanceof JsonList && a.shape?.listType === "set")
    return [...a].every((each) => [...b].some((other) => isEqual(each, other)));
  const keys = a instanceof JsonList ? (a.shape?.listMapKeys ?? []) : [];
  if (keys.length > 0)
    return [...a].every((each) => [...b].some((other) => sharesKeys(each, other, keys) && isEqual(each, other)));
  for (let index = 0; index < a.size; index++) if (!isEqual(a.at(index), b.at(index))) return false;
  return true;
}

/** Whether two entries of a `x-kubernetes-list-type: map` have the same keys. */
export function sharesKeys(a: Value, b: Value, keys: readonly string[]): boolean {
  if (!(a instanceof MapValue) || !(b instanceof MapValue)) return false;
  return keys.every((key) => {
    const [left, right] = [a.find(key), b.find(key)];
    return left === undefined || right === undefined ? left === right : isEqual(left, right);
  });
}

function areMapsEqual(a: MapValue, b: MapValue): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const other = b.find(key);
    if (other === undefined || !isEqual(a.find(key) as Value, other)) return false;
  }
  return true;
}

function areOptionalsEqual(a: Optional, b: Optional): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return isEqual(a.value, b.value);
}

/** Negative, zero or positive, by the bytes in their order. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Texts in the order of their code points; UTF-16 units would put the rarer planes too early. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  let index = 0;
  while (index < shared && a.charCodeAt(index) === b.charCodeAt(index)) index++;
  if (index === shared) return a.length - b.length;
  const left = a.charCodeAt(index);
  const right = b.charCodeAt(index);
  return isSurrogate(left) === isSurrogate(right) ? left - right : isSurrogate(left) ? 1 : -1;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xe000;
}

/** The order of two values of `<`; undefined when they have none (NaN), `"overload"` when they are not comparable. */
export function compareValues(a: Value, b: Value): number | undefined | "overload" {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  if ((a instanceof Timestamp && b instanceof Timestamp) || (a instanceof Duration && b instanceof Duration)) {
    return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
  }
  return "overload";
}
