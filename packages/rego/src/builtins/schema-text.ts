import { isObject } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import { jsonText } from "../value/json.ts";
import { decimalOf, doubleOf, type NumberValue } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { marshal } from "./json.ts";
import { isNumber } from "./operands.ts";

/** JSON in which equal values have equal texts: numbers as Go's float64 are written. */
export function comparableText(value: Value): string {
  return marshal(plain(value));
}

function plain(value: Value): Value {
  if (isNumber(value)) return doubleOf(value);
  if (Array.isArray(value)) return (value as readonly Value[]).map(plain);
  if (!isObject(value)) return value;
  const entries = sortedEntries(value).map(([key, each]) => [String(key), plain(each)] as const);
  return Object.fromEntries(entries);
}

/** A number as Go's `%v` prints a big.Float: `%g` with as many digits as needed. */
export function bigFloatText(value: NumberValue): string {
  const { coefficient, exponent } = decimalOf(value);
  const sign = coefficient < 0n ? "-" : "";
  const digits = String(coefficient < 0n ? -coefficient : coefficient).replace(/0+$/, "") || "0";
  const zeros = String(coefficient).replace("-", "").length - digits.length;
  const point = digits.length + zeros + exponent;
  if (digits === "0") return "0";
  const power = point - 1;
  if (power < -4 || power >= 6) {
    const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
    return `${sign}${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  return sign + jsonText(value).replace(/^-/, "");
}
