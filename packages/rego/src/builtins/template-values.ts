import { isObject } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import { numberText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { isNumber } from "./operands.ts";

/** A number that the template itself writes or counts; numbers of the data are texts to Go (`json.Number`). */
export class GoNumber {
  readonly type: "int" | "float64";
  readonly value: number;

  constructor(type: "int" | "float64", value: number) {
    this.type = type;
    this.value = value;
  }
}

/** What a map has for a key that it does not hold. */
export const missing: unique symbol = Symbol("missing");

export type GoValue = Value | GoNumber | typeof missing;

/** As Go's `%v`. */
export function goText(value: GoValue): string {
  if (value === missing || value === null) return "<nil>";
  if (value instanceof GoNumber) return String(value.value);
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (isNumber(value)) return numberText(value);
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(goText).join(" ")}]`;
  return `map[${sortedEntries(value as Value)
    .map(([key, each]) => `${goText(key)}:${goText(each)}`)
    .join(" ")}]`;
}

/** As Go's `%T`. */
export function goType(value: GoValue): string {
  if (value === missing || value === null) return "<nil>";
  if (value instanceof GoNumber) return value.type;
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (isNumber(value)) return "json.Number";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}

/** Not the zero of its type; a number of the data is a text that is never empty. */
export function isTruthy(value: GoValue): boolean {
  if (value === missing || value === null || value === false || value === "") return false;
  if (value instanceof GoNumber) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  return !isObject(value as Value) || sortedEntries(value as Value).length > 0;
}
