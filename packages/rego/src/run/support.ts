import { isObject, lookup } from "../value/access.ts";
import { equal, RegoObject, RegoSet } from "../value/collection.ts";
import { numberFromText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import type { Place } from "./ir.ts";
import { insertOnce, lengthOf, mergeObjects, overlay, scanKeys, scanValues, valueConflict } from "./runtime.ts";
import type { Frame, RunState } from "./state.ts";

// What generated code calls. Each answers undefined for Rego's undefined.

export { equal, insertOnce, isObject, lengthOf, lookup, mergeObjects, overlay, scanKeys, scanValues };

export function isSet(value: Value | undefined): boolean {
  return value instanceof RegoSet;
}

export function isObjectOrUndefined(value: Value | undefined): boolean {
  return value !== undefined && isObject(value);
}

export function createSet(): RegoSet {
  return new RegoSet();
}

export function createObject(): RegoObject {
  return new RegoObject();
}

export function numberOf(text: string): Value | undefined {
  return numberFromText(text);
}

/** Only what plain property access cannot answer: built objects, sets, and names that prototypes hold. */
export function dot(source: Value | undefined, key: Value | undefined): Value | undefined {
  return source === undefined || key === undefined ? undefined : lookup(source, key);
}

/** The value of a local that may be assigned once: the same again is no conflict. */
export function once(known: Value | undefined, value: Value, isFunction: boolean, row: number, file: number): Value {
  if (known !== undefined && known !== value && !equal(known, value)) throw valueConflict(isFunction, { row, file });
  return value;
}

/** A rule's value, computed once per frame. */
export function memo(
  state: RunState,
  frame: Frame,
  number: number,
  compute: (state: RunState, frame: Frame) => Value | undefined,
): Value | undefined {
  const known = frame.memo[number];
  if (known !== undefined) return known === null ? undefined : known[0];
  state.enter();
  const value = compute(state, frame);
  state.leave();
  (frame as { memo: Frame["memo"] }).memo[number] = value === undefined ? null : [value];
  return value;
}

export function place(row: number, file: number): Place {
  return { row, file };
}
