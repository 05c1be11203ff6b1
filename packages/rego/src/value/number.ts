import { Decimal } from "./decimal.ts";

/** A Rego number in its one representation; see `Value`. */
export type NumberValue = number | bigint | Decimal;

const pattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Exponents beyond this are refused: materialising 10^n must stay cheap. Go's big.Float allows more; no policy does. */
const maxExponent = 100_000;

/** Integers are bigints when their exponent is not larger: 10^n costs nothing then, and their text is short. */
const maxPlainExponent = 400;

/**
 * Reads a JSON number's text exactly, and keeps the text where it is another one than that of the plain number. Undefined when it is no
 * number, or its exponent is out of bounds.
 */
export function numberFromText(text: string): NumberValue | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction, power] = match;
  if (fraction === undefined && power === undefined) return integerFromText(text);
  const coefficient = BigInt(sign + whole + (fraction ?? ""));
  const exponent = Number(power ?? 0) - (fraction?.length ?? 0);
  if (Math.abs(exponent) > maxExponent && coefficient !== 0n) return undefined;
  const value = normalizeNumber(coefficient, exponent);
  return numberText(value) === text ? value : writtenAs(value, text);
}

function integerFromText(text: string): NumberValue {
  const quick = Number(text);
  if (quick === 0 && text.startsWith("-")) return writtenAs(0, text);
  return Number.isSafeInteger(quick) ? quick : BigInt(text);
}

/** The same number, printed as this text. */
export function writtenAs(value: NumberValue, text: string): Decimal {
  const { coefficient, exponent } = canonicalOf(value);
  return new Decimal(coefficient, exponent, plainOf(value), text);
}

/** The number without its own text, where it needs none to be held. */
export function plainOf(value: NumberValue): number | bigint | undefined {
  return typeof value === "object" ? value.plain : value;
}

/** The representation of `coefficient × 10^exponent`, printed as short as may be: `0.00001`. */
export function normalizeNumber(coefficient: bigint, exponent: number): NumberValue {
  if (coefficient === 0n) return 0;
  while (exponent < 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  if (exponent >= 0 && exponent <= maxPlainExponent) return normalizeInteger(coefficient * 10n ** BigInt(exponent));
  while (coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  const double = exponent < 0 ? Number(`${coefficient}e${exponent}`) : Number.NaN;
  if (Number.isFinite(double) && isShortest(double, coefficient, exponent)) return double;
  return new Decimal(coefficient, exponent);
}

/** The same of what was computed, which OPA prints as Go prints a `big.Float`: `1e-05`, `1.2345675e+06`. */
export function computedNumber(coefficient: bigint, exponent: number): NumberValue {
  const value = normalizeNumber(coefficient, exponent);
  if (typeof value !== "number" || Number.isInteger(value) || isPrintedAlike(value)) return value;
  const own = decimalFromDouble(value);
  return new Decimal(own.coefficient, own.exponent, value);
}

/** True for fractions that JavaScript prints as Go does, with neither writing an exponent. */
function isPrintedAlike(value: number): boolean {
  const size = Math.abs(value);
  return size >= 1e-4 && size < 1e6;
}

/** An integer in its one representation. */
export function normalizeInteger(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

function isShortest(double: number, coefficient: bigint, exponent: number): boolean {
  if (double === 0) return false;
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
export function decimalOf(value: NumberValue): { readonly coefficient: bigint; readonly exponent: number } {
  if (typeof value === "bigint") return { coefficient: value, exponent: 0 };
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? { coefficient: BigInt(value), exponent: 0 } : decimalFromDouble(value);
  }
  return value;
}

/** The same, with all the zeros that the coefficient ends with in the exponent. */
function canonicalOf(value: NumberValue): { readonly coefficient: bigint; readonly exponent: number } {
  let { coefficient, exponent } = decimalOf(value);
  while (coefficient !== 0n && coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  return { coefficient, exponent };
}

/** True for a number without a fraction, whatever its representation. */
export function isInteger(value: NumberValue): boolean {
  if (typeof value === "number") return Number.isInteger(value);
  return typeof value === "bigint" || value.exponent >= 0;
}

/** True for an integer that is written as one: neither 1.0 nor 1e3. */
export function isWrittenInteger(value: NumberValue): boolean {
  return typeof value === "object" ? /^-?\d+$/.test(numberText(value)) : isInteger(value);
}

export function isZero(value: NumberValue): boolean {
  return value === 0 || (typeof value === "object" && value.coefficient === 0n);
}

/** The integer as bigint; the caller has checked `isInteger`. */
export function bigintOf(value: NumberValue): bigint {
  const { coefficient, exponent } = decimalOf(value);
  return exponent >= 0 ? coefficient * 10n ** BigInt(exponent) : coefficient / 10n ** BigInt(-exponent);
}

/** The nearest double: for functions that Go computes in float64. */
export function doubleOf(value: NumberValue): number {
  if (typeof value === "object") {
    if (value.coefficient === 0n) return value.written?.startsWith("-") ? -0 : 0;
    return Number(`${value.coefficient}e${value.exponent}`);
  }
  return Number(value);
}

/** JSON text of a number: a plain number's as JavaScript prints it, all others' as `Decimal` says. */
export function numberText(value: NumberValue): string {
  return String(value);
}

/** A text that is the same for equal numbers, and for no others. */
export function canonicalNumberText(value: NumberValue): string {
  return typeof value === "object" ? String(value.plain ?? value.shortestText()) : String(value);
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
