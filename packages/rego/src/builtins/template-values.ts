import { isObject } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import { numberText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type GoOperand, operandText, typeOfOperand } from "./go-operand.ts";
import { isNumber } from "./operands.ts";

/** A number that the template itself writes or counts: an int or a float64. Numbers of the data are texts to Go (`json.Number`). */
export class GoNumber {
  readonly value: bigint | number;

  constructor(value: bigint | number) {
    this.value = value;
  }

  get isInteger(): boolean {
    return typeof this.value === "bigint";
  }
}

/** A count, or a place. */
export function goInteger(value: number): GoNumber {
  return new GoNumber(BigInt(value));
}

/** What a map has for a key that it does not hold. */
export const missing: unique symbol = Symbol("missing");

export type GoValue = Value | GoNumber | typeof missing;

/** As Go's fmt knows it. */
export function operandOf(value: GoValue): GoOperand {
  if (value === missing || value === null) return { kind: "nil" };
  if (typeof value === "string") return { kind: "text", type: "string", text: value };
  if (typeof value === "boolean") return { kind: "bool", value };
  if (value instanceof GoNumber) return numberOperand(value);
  if (isNumber(value)) return { kind: "text", type: "json.Number", text: numberText(value) };
  if (Array.isArray(value)) return { kind: "slice", items: (value as readonly Value[]).map(operandOf) };
  return {
    kind: "map",
    entries: sortedEntries(value as Value).map(([key, each]) => [operandOf(key), operandOf(each)]),
  };
}

function numberOperand({ value }: GoNumber): GoOperand {
  return typeof value === "bigint" ? { kind: "integer", type: "int", value } : { kind: "float", value };
}

/** As Go's `%v`. */
export function goText(value: GoValue): string {
  return operandText(operandOf(value));
}

/** As Go's `%T`. */
export function goType(value: GoValue): string {
  return typeOfOperand(operandOf(value));
}

/** Not the zero of its type; a number of the data is a text that is never empty. */
export function isTruthy(value: GoValue): boolean {
  if (value === missing || value === null || value === false || value === "") return false;
  if (value instanceof GoNumber) return Number(value.value) !== 0;
  if (Array.isArray(value)) return value.length > 0;
  return !isObject(value as Value) || sortedEntries(value as Value).length > 0;
}
