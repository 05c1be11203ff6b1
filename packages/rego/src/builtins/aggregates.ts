import { isObject, sizeOf, typeName } from "../value/access.ts";
import { add, multiply } from "../value/arithmetic.ts";
import { compare, RegoSet } from "../value/collection.ts";
import type { NumberValue } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError } from "./builtin.ts";
import { withinDigits } from "./length.ts";
import { arrayAt, integerAt, isNumber, itemsAt, setAt } from "./operands.ts";

function count(args: readonly Value[]): Value {
  const value = args[0] as Value;
  if (typeof value === "string") return [...value].length;
  const size = sizeOf(value);
  if (size === undefined) throw operandTypeError(1, ["array", "object", "set", "string"], typeName(value));
  return size;
}

function numbersAt(args: readonly Value[]): readonly NumberValue[] {
  const value = args[0] as Value;
  return itemsAt(args, 1).map((item) => {
    if (isNumber(item)) return item;
    const kind = Array.isArray(value) ? "array" : "set";
    throw new BuiltinError(
      `operand 1 must be ${kind} of numbers but got ${kind} containing ${typeName(item)}`,
      "eval_type_error",
    );
  });
}

function extreme(name: string, wins: (order: number) => boolean): Builtin {
  return {
    name,
    call: (args) => {
      const isSet = !Array.isArray(args[0]);
      let best: Value | undefined;
      // Of a set OPA begins with null, which so loses to whatever else there is.
      for (const item of itemsAt(args, 1))
        if (best === undefined || (isSet && best === null) || wins(compare(item, best))) best = item;
      return best;
    },
  };
}

function slice(args: readonly Value[]): Value {
  const items = arrayAt(args, 1);
  const start = Math.max(0, integerAt(args, 2));
  const stop = Math.min(items.length, integerAt(args, 3));
  return start >= stop ? [] : items.slice(start, stop);
}

/** A set of sets, for `intersection` and `union`. */
function setsAt(args: readonly Value[]): readonly RegoSet[] {
  return setAt(args, 1)
    .sorted()
    .map((item) => {
      if (item instanceof RegoSet) return item;
      throw operandTypeError(1, "set", typeName(item));
    });
}

function intersection(args: readonly Value[]): Value {
  const [first, ...rest] = setsAt(args);
  if (first === undefined) return new RegoSet();
  return RegoSet.of(first.sorted().filter((item) => rest.every((set) => set.has(item))));
}

/** As `itemsAt`, with the kinds in the order in which deprecated builtins tell them. */
function arrayOrSetAt([value]: readonly Value[]): readonly Value[] {
  if (!Array.isArray(value) && !(value instanceof RegoSet))
    throw operandTypeError(1, ["array", "set"], typeName(value as Value));
  return itemsAt([value], 1);
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/aggregates, …/array, …/sets */
export const aggregates: readonly Builtin[] = [
  { name: "count", call: count },
  { name: "sum", call: (args) => numbersAt(args).reduce(add, 0) },
  { name: "product", call: (args) => numbersAt(args).reduce((a, b) => withinDigits(multiply(a, b)), 1) },
  extreme("max", (order) => order >= 0),
  extreme("min", (order) => order <= 0),
  { name: "sort", call: (args) => [...itemsAt(args, 1)].sort(compare) },
  { name: "all", call: (args) => arrayOrSetAt(args).every((item) => item === true) },
  { name: "any", call: (args) => arrayOrSetAt(args).includes(true) },
  { name: "array.concat", call: (args) => [...arrayAt(args, 1), ...arrayAt(args, 2)] },
  { name: "array.slice", call: slice },
  { name: "array.reverse", call: (args) => arrayAt(args, 1).toReversed() },
  {
    name: "array.flatten",
    call: (args) => arrayAt(args, 1).flatMap((item) => (Array.isArray(item) ? (item as Value[]) : [item])),
  },
  { name: "intersection", call: intersection },
  { name: "union", call: (args) => RegoSet.of(setsAt(args).flatMap((set) => set.sorted())) },
  {
    name: "set_diff",
    call: (args) => {
      const [from, taken] = [setAt(args, 1), setAt(args, 2)];
      return RegoSet.of(from.sorted().filter((item) => !taken.has(item)));
    },
  },
];

const isType = (name: string, type: string): Builtin => ({
  name,
  call: ([value]) => typeName(value as Value) === type,
});

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/types — `is_…` answers true or false. */
export const types: readonly Builtin[] = [
  { name: "type_name", call: ([value]) => typeName(value as Value) },
  isType("is_array", "array"),
  isType("is_boolean", "boolean"),
  isType("is_null", "null"),
  isType("is_number", "number"),
  { name: "is_object", call: ([value]) => isObject(value as Value) },
  isType("is_set", "set"),
  isType("is_string", "string"),
];
