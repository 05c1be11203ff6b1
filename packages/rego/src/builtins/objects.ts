import { isObject, lookup, typeName } from "../value/access.ts";
import { equal, RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { Work } from "../value/work.ts";
import { type Builtin, BuiltinError, operandTypeError } from "./builtin.ts";
import { arrayAt, entriesAt, objectAt } from "./operands.ts";

function get(args: readonly Value[]): Value {
  const object = objectAt(args, 1);
  const [, path, fallback] = args as readonly [Value, Value, Value];
  let value: Value | undefined = object;
  if (!Array.isArray(path)) value = lookup(object, path);
  else for (const key of path as readonly Value[]) value = value === undefined ? undefined : lookup(value, key);
  return value === undefined ? fallback : value;
}

/** Entries of objects that are united: each costs as much as many comparisons. */
const maxUnited = 2 ** 21;

/** The right side wins; objects on both sides are united. */
function union(a: Value, b: Value, work = new Work(maxUnited)): Value {
  if (a === b || !isObject(a) || !isObject(b)) return b;
  const result = RegoObject.of(sortedEntries(a));
  work.spend(result.size);
  for (const [key, value] of sortedEntries(b)) {
    const known = result.get(key);
    result.set(key, known === undefined ? value : union(known, value, work));
  }
  return result;
}

function unionN(args: readonly Value[]): Value {
  let result: Value = new RegoObject();
  for (const item of arrayAt(args, 1)) {
    if (!isObject(item))
      throw new BuiltinError(
        `operand 1 must be array of objects but got array containing ${typeName(item)}`,
        "eval_type_error",
      );
    result = union(result, item);
  }
  return result;
}

/** Keys as an array, a set, or those of an object. */
function keysAt(args: readonly Value[], at: number): RegoSet {
  const keys = args[at - 1] as Value;
  if (keys instanceof RegoSet) return keys;
  if (Array.isArray(keys)) return RegoSet.of(keys as readonly Value[]);
  if (isObject(keys)) return RegoSet.of(sortedEntries(keys).map(([key]) => key));
  throw operandTypeError(at, ["object", "set", "array"], typeName(keys));
}

function keep(args: readonly Value[], wanted: boolean): Value {
  const entries = entriesAt(args, 1);
  const keys = keysAt(args, 2);
  return RegoObject.of(entries.filter(([key]) => keys.has(key) === wanted));
}

/** Of the same kind, deep in objects only; undefined when the kinds differ. */
function isSubset(part: Value, whole: Value, work = new Work()): boolean | undefined {
  if (isObject(part) && isObject(whole)) {
    return sortedEntries(part).every(([key, value]) => {
      const other = lookup(whole, key);
      work.spend();
      return other !== undefined && (equal(value, other) || isSubset(value, other, work) === true);
    });
  }
  if (part instanceof RegoSet && whole instanceof RegoSet) return part.sorted().every((item) => whole.has(item));
  if (Array.isArray(part) && Array.isArray(whole))
    return containsRun(part as readonly Value[], whole as readonly Value[]);
  return undefined;
}

function containsRun(part: readonly Value[], whole: readonly Value[]): boolean {
  for (let at = 0; at + part.length <= whole.length; at++)
    if (part.every((item, i) => equal(item, whole[at + i] as Value))) return true;
  return false;
}

/** OPA counts hits: an item that the array repeats counts each time, and an empty array has no subset. */
function arrayHolds(whole: readonly Value[], part: RegoSet): boolean {
  let missing = part.size;
  return whole.some((item) => {
    if (part.has(item)) missing--;
    return missing === 0;
  });
}

function subset(args: readonly Value[]): Value {
  const [whole, part] = args as readonly [Value, Value];
  if (Array.isArray(whole) && part instanceof RegoSet) return arrayHolds(whole as readonly Value[], part);
  const result = isSubset(part, whole);
  if (result === undefined)
    throw new BuiltinError("both arguments object.subset must be of the same type or array and set", "eval_type_error");
  return result;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/object */
export const objects: readonly Builtin[] = [
  { name: "object.get", call: get },
  { name: "object.keys", call: (args) => RegoSet.of(entriesAt(args, 1).map(([key]) => key)) },
  { name: "object.union", call: (args) => union(objectAt(args, 1), objectAt(args, 2)) },
  { name: "object.union_n", call: unionN },
  { name: "object.filter", call: (args) => keep(args, true) },
  { name: "object.remove", call: (args) => keep(args, false) },
  { name: "object.subset", call: subset },
];
