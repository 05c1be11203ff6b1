import { Decimal } from "./decimal.ts";

/** A Rego number in its one representation; see `Value`. */
export type NumberValue = number | bigint | Decimal;

const pattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Exponents beyond this are refused: materialising 10^n must stay cheap. Go's big.Float allows more; no policy does. */
const maxExponent = 100_000;

/** Reads a JSON number's text exactly. Undefined when it is no number, or its exponent is out of bounds. */
export function numberFromText(text: string): NumberValue | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction, power] = match;
  if (fraction === undefined && power === undefined) return integerFromText(text);
  const exponent = Number(power ?? 0) - (fraction?.length ?? 0);
  if (Math.abs(exponent) > maxExponent) return undefined;
  const value = normalizeNumber(BigInt(sign + whole + (fraction ?? "")), exponent);
  return value instanceof Decimal ? new Decimal(value.coefficient, value.exponent, text) : value;
}

function integerFromText(text: string): NumberValue {
  const quick = Number(text);
  return Number.isSafeInteger(quick) ? quick + 0 : BigInt(text);
}

/** The one representation of `coefficient × 10^exponent`. */
export function normalizeNumber(coefficient: bigint, exponent: number): NumberValue {
  if (coefficient === 0n) return 0;
  while (coefficient % 10n === 0n && exponent < 0) {
    coefficient /= 10n;
    exponent++;
  }
  if (exponent === 0 || (exponent > 0 && exponent < 22)) return normalizeInteger(coefficient * 10n ** BigInt(exponent));
  while (coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  const double = Number(`${coefficient}e${exponent}`);
  if (Number.isFinite(double) && isShortest(double, coefficient, exponent)) return double;
  return new Decimal(coefficient, exponent);
}

/** An integer in its one representation. */
export function normalizeInteger(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

function isShortest(double: number, coefficient: bigint, exponent: number): boolean {
  const parts = decimalFromDouble(double);
  return parts.coefficient === coefficient && parts.exponent === exponent;
}

/** The decimal that a JavaScript number's shortest text spells. */
export function decimalFromDouble(value: number): { coefficient: bigint; exponent: number } {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (match === null) return { coefficient: 0n, exponent: 0 };
  const [, sign = "", whole = "", fraction = "", power = "0"] = match;
  let coefficient = BigInt(sign + whole + fraction);
  let exponent = Number(power) - fraction.length;
  while (coefficient !== 0n && coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  return { coefficient, exponent };
}

/** Any number as coefficient and power of ten. */
export function decimalOf(value: NumberValue): { coefficient: bigint; exponent: number } {
  if (typeof value === "bigint") return { coefficient: value, exponent: 0 };
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? { coefficient: BigInt(value), exponent: 0 } : decimalFromDouble(value);
  }
  return value;
}

/** True for a number without a fraction, whatever its representation. */
export function isInteger(value: NumberValue): boolean {
  if (typeof value === "number") return Number.isInteger(value);
  return typeof value === "bigint" || value.exponent >= 0;
}

/** The integer as bigint; the caller has checked `isInteger`. */
export function bigintOf(value: NumberValue): bigint {
  const { coefficient, exponent } = decimalOf(value);
  return exponent >= 0 ? coefficient * 10n ** BigInt(exponent) : coefficient / 10n ** BigInt(-exponent);
}

/** The nearest double: for functions that Go computes in float64. */
export function doubleOf(value: NumberValue): number {
  if (typeof value === "object") return Number(`${value.coefficient}e${value.exponent}`);
  return Number(value);
}

/** JSON text of a number, as Go prints it: 1e+100, 1e-07, 0.30000000000000000001. */
export function numberText(value: NumberValue): string {
  if (typeof value === "object") return value.written ?? value.toString();
  if (typeof value === "bigint") return value.toString();
  if (Number.isSafeInteger(value)) return String(value);
  const text = String(value);
  return text.includes("e") ? text.replace(/e([+-])(\d)$/, "e$10$2") : text;
}

/** -1, 0 or 1, exact. */
export function compareNumbers(a: NumberValue, b: NumberValue): number {
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : 0;
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0;
  const x = decimalOf(a);
  const y = decimalOf(b);
  const exponent = Math.min(x.exponent, y.exponent);
  const left = x.coefficient * 10n ** BigInt(x.exponent - exponent);
  const right = y.coefficient * 10n ** BigInt(y.exponent - exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}
