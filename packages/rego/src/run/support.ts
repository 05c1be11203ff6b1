import { member as isMember } from "../builtins/operators.ts";
import { groupsOf } from "../data/join-index.ts";
import { isObject, lookup } from "../value/access.ts";
import { lookupBase } from "../value/base-path.ts";
import { compare, equal, keyOf, RegoObject, RegoSet } from "../value/collection.ts";
import { numberFromText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import type { Place } from "./ir.ts";
import {
  badPath,
  insertOnce,
  keysOf,
  lengthOf,
  mergeObjects,
  overlay,
  overlayData,
  valueConflict,
  valuesAt,
} from "./runtime.ts";
import { none } from "./state.ts";

// What generated code calls. Each answers undefined for Rego's undefined.

export {
  badPath,
  compare,
  equal,
  groupsOf,
  insertOnce,
  isMember,
  keyOf,
  keysOf,
  lengthOf,
  mergeObjects,
  none,
  overlay,
  overlayData,
  valuesAt,
};

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

export function createArray(): Value {
  return [];
}

/** The collection under a key of an object that grows; where there is nothing, a new one. */
export function groupAt(object: Value | undefined, key: Value, make: () => Value): Value | undefined {
  return object instanceof RegoObject ? object.groupAt(key, make) : undefined;
}

export function numberOf(text: string): Value | undefined {
  return numberFromText(text);
}

/** What plain property access has not found: an entry of a built object, or a member of a set. */
export function built(source: Value | undefined, key: string): Value | undefined {
  return source instanceof RegoObject || source instanceof RegoSet ? lookup(source, key) : undefined;
}

/** An entry of an object, or else the other value. */
export function getOr(object: Value, key: string, otherwise: Value): Value {
  const found = lookup(object, key);
  return found === undefined ? otherwise : found;
}

export function setOf(values: readonly Value[]): RegoSet {
  return RegoSet.of(values);
}

/** Only what plain property access cannot answer: built objects, sets, and names that prototypes hold. */
export function dot(source: Value | undefined, key: Value | undefined): Value | undefined {
  return source === undefined || key === undefined ? undefined : lookup(source, key);
}

/** The same in base data. */
export function dotBase(source: Value | undefined, key: Value | undefined): Value | undefined {
  return source === undefined || key === undefined ? undefined : lookupBase(source, key);
}

/** The value of a local that may be assigned once: the same again is no conflict. */
export function once(known: Value, value: Value, isFunction: boolean, place: Place): Value {
  if (known !== value && !equal(known, value)) throw valueConflict(isFunction, place);
  return value;
}
