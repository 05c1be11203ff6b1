import { isObject, lookup, typeName } from "../value/access.ts";
import { equal, RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError } from "./builtin.ts";
import { arrayAt, entriesAt, objectAt, stringAt } from "./operands.ts";

function get(args: readonly Value[]): Value {
  const object = objectAt(args, 1);
  const [, path, fallback] = args as readonly [Value, Value, Value];
  if (!Array.isArray(path)) return lookup(object, path) ?? fallback;
  let value: Value | undefined = object;
  for (const key of path as readonly Value[]) value = value === undefined ? undefined : lookup(value, key);
  return value ?? fallback;
}

/** The right side wins; objects on both sides are united. */
function union(a: Value, b: Value): Value {
  if (!isObject(a) || !isObject(b)) return b;
  const result = RegoObject.of(sortedEntries(a));
  for (const [key, value] of sortedEntries(b)) {
    const known = result.get(key);
    result.set(key, known === undefined ? value : union(known, value));
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
  const keys = keysAt(args, 2);
  return RegoObject.of(entriesAt(args, 1).filter(([key]) => keys.has(key) === wanted));
}

function isSubset(part: Value, whole: Value): boolean | undefined {
  if (isObject(part) && isObject(whole)) {
    return sortedEntries(part).every(([key, value]) => {
      const other = lookup(whole, key);
      return other !== undefined && (isSubset(value, other) ?? equal(value, other));
    });
  }
  if (part instanceof RegoSet && whole instanceof RegoSet) return part.sorted().every((item) => whole.has(item));
  if (Array.isArray(part) && Array.isArray(whole))
    return containsRun(part as readonly Value[], whole as readonly Value[]);
  if (part instanceof RegoSet && Array.isArray(whole)) {
    const items = RegoSet.of(whole as readonly Value[]);
    return part.sorted().every((item) => items.has(item));
  }
  return undefined;
}

function containsRun(part: readonly Value[], whole: readonly Value[]): boolean {
  return (
    whole.some((_, i) => part.every((item, j) => i + j < whole.length && equal(item, whole[i + j] as Value))) ||
    part.length === 0
  );
}

function subset(args: readonly Value[]): Value {
  const [whole, part] = args as readonly [Value, Value];
  const result = isSubset(part, whole);
  if (result === undefined)
    throw new BuiltinError("both arguments object.subset must be of the same type or array and set", "eval_type_error");
  return result;
}

/** All paths of a value with what lies there, the value itself first. */
export function walkPaths(value: Value, path: readonly Value[] = []): Value[] {
  const found: Value[] = [[path, value]];
  if (Array.isArray(value)) {
    for (const [i, item] of (value as readonly Value[]).entries()) found.push(...walkPaths(item, [...path, i]));
  } else if (value instanceof RegoSet) {
    for (const item of value.sorted()) found.push(...walkPaths(item, [...path, item]));
  } else if (isObject(value)) {
    for (const [key, item] of sortedEntries(value)) found.push(...walkPaths(item, [...path, key]));
  }
  return found;
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
  { name: "walk", call: ([value]) => walkPaths(value as Value) },
  {
    name: "graph.reachable",
    call: (args) => {
      const graph = objectAt(args, 1);
      const roots = args[1] as Value;
      if (!Array.isArray(roots) && !(roots instanceof RegoSet))
        throw operandTypeError(2, ["array", "set"], typeName(roots));
      const waiting: Value[] = [...neighbours(roots)];
      const seen = new RegoSet();
      while (waiting.length > 0) {
        const node = waiting.pop() as Value;
        const edges = lookup(graph, node);
        if (seen.has(node) || edges === undefined) continue;
        seen.add(node);
        waiting.push(...neighbours(edges));
      }
      return seen;
    },
  },
];

function neighbours(value: Value): readonly Value[] {
  if (value instanceof RegoSet) return value.sorted();
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}

/** RFC 6901, or an array of keys. */
export function pathOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value as readonly Value[];
  const text = stringAt([value], 1).replace(/^\/+|\/+$/g, "");
  return text === "" ? [] : text.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}
