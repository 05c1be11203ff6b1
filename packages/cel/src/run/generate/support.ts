import { isEqual } from "../../value/equal.ts";
import { type Json, JsonMap, valueFromJson } from "../../value/json.ts";
import { codePointCount } from "../../value/text.ts";
import { CelError, Opaque, type Value } from "../../value/value.ts";
import { CompositedVariables, type NamedVariable } from "../../variables.ts";
import { isPresent, qualify } from "../access.ts";
import { type CallCost, TRAVERSAL_FACTOR } from "../call-cost.ts";
import type { Dispatch } from "../dispatch.ts";
import { CostExceeded, type Run } from "../state.ts";

// What generated code calls. Each name is used by generator.ts alone, and does what the closures do.
export { EntryMap } from "../../value/map.ts";
export { ArrayList, ListValue, MapValue } from "../../value/value.ts";
export { append, GrowingList } from "../growing.ts";
export { roundsOf } from "../iterate.ts";
export { CelError, codePointCount, JsonMap, qualify };

export const { hasOwn } = Object;
export const { isArray } = Array;
export const { ceil } = Math;

export function exceeded(): never {
  throw new CostExceeded();
}

export function noOverload(): CelError {
  return new CelError("no such overload");
}

/** The first fault of an operator that has not what it works on. */
export function faultOf(value: Value): CelError {
  return value instanceof CelError ? value : noOverload();
}

/** A variable of the activation. */
export function find({ activation }: Run, name: string): Value {
  const value = activation.find(name);
  return value === undefined ? new CelError(`no such attribute(s): ${name}`) : value;
}

/** `variables.NAME` without the unit for its root. */
export function variableOf(run: Run, variables: Value, named: NamedVariable): Value {
  if (variables instanceof CelError) return variables;
  run.charge(1);
  const found = variables instanceof CompositedVariables ? variables.getNamed(named) : undefined;
  return found === undefined ? qualify(variables, named.name) : found;
}

/** `value.a.b` without the unit for its root. */
export function fieldsOf(run: Run, value: Value, names: readonly string[]): Value {
  let found = value;
  for (const name of names) {
    if (found instanceof CelError) return found;
    run.charge(1);
    found = qualify(found, name);
  }
  return found;
}

/** `has(value.a.b)`, the last of the names being asked for. */
export function presentOf(run: Run, value: Value, names: readonly string[]): Value {
  const inner = fieldsOf(run, value, names.slice(0, -1));
  if (inner instanceof CelError) return inner;
  run.charge(1);
  return isPresent(inner, names.at(-1) as string);
}

/** What a document has at a path, as a value. */
export function read(json: Json): Value {
  return typeof json === "string" || typeof json === "boolean" ? json : valueFromJson(json);
}

/** `a && b` and `a || b` where neither side decides. */
export function undecided(a: Value, b: Value, decisive: boolean): Value {
  if (typeof a === "boolean" && typeof b === "boolean") return !decisive;
  if (a instanceof CelError) return a;
  return typeof a === "boolean" && b instanceof CelError ? b : noOverload();
}

/** `==` where `wanted` is true, else `!=`. */
export function equality(run: Run, a: Value, b: Value, wanted: boolean, cost: CallCost): Value {
  const result = a instanceof CelError ? a : b instanceof CelError ? b : compared(a, b, wanted);
  run.charge(cost([a, b], result));
  return result;
}

function compared(a: Value, b: Value, wanted: boolean): Value {
  if (a instanceof Opaque && b instanceof Opaque && b.isIncomparable) return noOverload();
  return isEqual(a, b) === wanted;
}

/** What comparing a text with another one of `size` letters costs. */
export function comparisonCost(text: string, size: number): number {
  // Two units are one letter at the most: a long text need not be counted.
  const smaller = text.length >= 2 * size ? size : Math.min(codePointCount(text), size);
  return Math.ceil(smaller * TRAVERSAL_FACTOR);
}

/** A call by the kinds of its arguments; the first of them that is a fault is handed on. */
export function called(run: Run, args: readonly Value[], call: Dispatch, cost: CallCost): Value {
  const fault = args.find((each) => each instanceof CelError);
  const result = fault ?? call(args);
  run.charge(cost(args, result));
  return result;
}

/** Whether a value is among literals. */
export function isAmong(values: readonly Value[], value: Value): boolean {
  return values.some((each) => isEqual(each, value));
}
