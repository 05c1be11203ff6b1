import { EvaluationError } from "../run/errors.ts";
import { isObject, lookup, typeName } from "../value/access.ts";
import * as arithmetic from "../value/arithmetic.ts";
import { compare, equal, indexIn, RegoSet, sortedEntries } from "../value/collection.ts";
import { Decimal } from "../value/decimal.ts";
import { isInteger, isZero, type NumberValue } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError } from "./builtin.ts";
import { regoText } from "./go-format.ts";
import { withinDigits } from "./length.ts";

function isNumber(value: Value | undefined): value is NumberValue {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Decimal;
}

function binary(name: string, compute: (a: NumberValue, b: NumberValue) => Value): Builtin {
  return {
    name,
    call: ([a, b]) => {
      if (!isNumber(a)) throw operandTypeError(1, "number", typeName(a as Value));
      if (!isNumber(b)) throw operandTypeError(2, "number", typeName(b as Value));
      return compute(a, b);
    },
  };
}

function unary(name: string, compute: (a: NumberValue) => Value): Builtin {
  return {
    name,
    call: ([a]) => {
      if (!isNumber(a)) throw operandTypeError(1, "number", typeName(a as Value));
      return compute(a);
    },
  };
}

function comparison(name: string, holds: (order: number) => boolean): Builtin {
  return { name, call: ([a, b]) => holds(compare(a as Value, b as Value)) };
}

function setOperation(name: string, compute: (a: RegoSet, b: RegoSet) => RegoSet): Builtin {
  return {
    name,
    call: ([a, b]) => {
      if (!(a instanceof RegoSet)) throw operandTypeError(1, "set", typeName(a as Value));
      if (!(b instanceof RegoSet)) throw operandTypeError(2, "set", typeName(b as Value));
      return compute(a, b);
    },
  };
}

function divide(a: NumberValue, b: NumberValue): Value {
  if (isZero(b)) throw new BuiltinError("divide by zero");
  return arithmetic.divide(a, b);
}

function remainder(a: NumberValue, b: NumberValue): Value {
  if (!isInteger(a) || !isInteger(b)) throw new BuiltinError("modulo on floating-point number");
  // OPA up to 1.19 took multiples of 2^64 for zero; its suite has their remainders, as later ones.
  if (isZero(b)) throw new BuiltinError("modulo by zero");
  return arithmetic.remainder(a, b);
}

/** `-` is of numbers and of sets. */
const minus: Builtin = {
  name: "minus",
  call: ([a, b]) => {
    if (isNumber(a) && isNumber(b)) return arithmetic.subtract(a, b);
    if (a instanceof RegoSet && b instanceof RegoSet) return RegoSet.of(a.items.filter((each) => !b.has(each)));
    if (!isNumber(a) && !(a instanceof RegoSet)) throw operandTypeError(1, ["number", "set"], typeName(a as Value));
    throw operandTypeError(2, isNumber(b) ? "set" : "number", typeName(b as Value));
  },
};

/** `value in collection`. */
export function member(value: Value, collection: Value): boolean {
  if (collection instanceof RegoSet) return collection.has(value);
  if (Array.isArray(collection)) return indexIn(collection as readonly Value[], value) >= 0;
  return isObject(collection) && sortedEntries(collection).some(([, each]) => equal(each, value));
}

function memberAt(key: Value, value: Value, collection: Value): boolean {
  const found = lookup(collection, key);
  return found !== undefined && equal(found, value);
}

/** Each part is a string, or the set of an expression's values: empty when it is undefined. */
function templateString(parts: Value): Value {
  if (!Array.isArray(parts)) throw operandTypeError(1, "array", typeName(parts));
  return parts.map((part: Value) => (part instanceof RegoSet ? templatePart(part) : templateText(part))).join("");
}

function templatePart(values: RegoSet): string {
  if (values.size > 1)
    throw new EvaluationError("eval_conflict_error", "template-strings must not produce multiple outputs");
  const [value] = values.values();
  return value === undefined ? "<undefined>" : templateText(value);
}

function templateText(value: Value): string {
  return typeof value === "string" ? value : regoText(value);
}

/** Arithmetic, comparison, set operators and the internal functions behind syntax. */
export const operators: readonly Builtin[] = [
  binary("plus", arithmetic.add),
  minus,
  binary("mul", (a, b) => withinDigits(arithmetic.multiply(a, b))),
  binary("div", divide),
  binary("rem", remainder),
  unary("abs", arithmetic.absolute),
  unary("round", arithmetic.roundHalf),
  unary("ceil", arithmetic.ceil),
  unary("floor", arithmetic.floor),
  { name: "eq", call: ([a, b]) => equal(a as Value, b as Value) },
  { name: "equal", call: ([a, b]) => equal(a as Value, b as Value) },
  { name: "neq", call: ([a, b]) => !equal(a as Value, b as Value) },
  comparison("lt", (order) => order < 0),
  comparison("lte", (order) => order <= 0),
  comparison("gt", (order) => order > 0),
  comparison("gte", (order) => order >= 0),
  setOperation("and", (a, b) => RegoSet.of([...a.values()].filter((each) => b.has(each)))),
  setOperation("or", (a, b) => RegoSet.of([...a.values(), ...b.values()])),
  { name: "internal.member_2", call: ([value, collection]) => member(value as Value, collection as Value) },
  {
    name: "internal.member_3",
    call: ([key, value, collection]) => memberAt(key as Value, value as Value, collection as Value),
  },
  { name: "internal.template_string", call: ([parts]) => templateString(parts as Value) },
];
