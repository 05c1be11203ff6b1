import { isObject, typeName } from "../value/access.ts";
import { type RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import { Decimal } from "../value/decimal.ts";
import type { NumberValue } from "../value/number.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { BuiltinError, operandTypeError } from "./builtin.ts";

// Typed reading of operands; `at` counts from 1, as OPA's messages do.

export function stringAt(args: readonly Value[], at: number): string {
  const value = args[at - 1] as Value;
  if (typeof value !== "string") throw operandTypeError(at, "string", typeName(value));
  return value;
}

export function isNumber(value: Value | undefined): value is NumberValue {
  return typeof value === "number" || typeof value === "bigint" || value instanceof Decimal;
}

export function numberAt(args: readonly Value[], at: number): NumberValue {
  const value = args[at - 1] as Value;
  if (!isNumber(value)) throw operandTypeError(at, "number", typeName(value));
  return value;
}

const maxInt64 = 2n ** 63n - 1n;

/** An integer as Go's int: beyond 64 bits it is none. Indices and counts are never larger than a JavaScript number holds. */
export function integerAt(args: readonly Value[], at: number): number {
  const value = numberAt(args, at);
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  if (typeof value !== "bigint" || value > maxInt64 || value < -maxInt64 - 1n)
    throw new BuiltinError(`operand ${at} must be integer number but got floating-point number`, "eval_type_error");
  return Number(value);
}

export function booleanAt(args: readonly Value[], at: number): boolean {
  const value = args[at - 1] as Value;
  if (typeof value !== "boolean") throw operandTypeError(at, "boolean", typeName(value));
  return value;
}

export function arrayAt(args: readonly Value[], at: number): readonly Value[] {
  const value = args[at - 1] as Value;
  if (!Array.isArray(value)) throw operandTypeError(at, "array", typeName(value));
  return value;
}

export function setAt(args: readonly Value[], at: number): RegoSet {
  const value = args[at - 1] as Value;
  if (!(value instanceof RegoSet)) throw operandTypeError(at, "set", typeName(value));
  return value;
}

export function objectAt(args: readonly Value[], at: number): JsonObject | RegoObject {
  const value = args[at - 1] as Value;
  if (!isObject(value)) throw operandTypeError(at, "object", typeName(value));
  return value;
}

/** The items of an array, or the members of a set in order. */
export function itemsAt(args: readonly Value[], at: number): readonly Value[] {
  const value = args[at - 1] as Value;
  if (Array.isArray(value)) return value;
  if (value instanceof RegoSet) return value.sorted();
  throw operandTypeError(at, ["set", "array"], typeName(value));
}

export function entriesAt(args: readonly Value[], at: number): readonly (readonly [Value, Value])[] {
  return sortedEntries(objectAt(args, at));
}

/** Items that must all be strings. */
export function stringsAt(args: readonly Value[], at: number): readonly string[] {
  return itemsAt(args, at).map((item) => {
    if (typeof item !== "string")
      throw new BuiltinError(
        `operand ${at} must be ${kindAt(args, at)} of strings but got ${kindAt(args, at)} containing ${typeName(item)}`,
        "eval_type_error",
      );
    return item;
  });
}

function kindAt(args: readonly Value[], at: number): string {
  return Array.isArray(args[at - 1]) ? "array" : "set";
}
