import {
  bigintOf,
  computedNumber,
  decimalOf,
  isInteger,
  type NumberValue,
  normalizeInteger,
  writtenAs,
} from "./number.ts";

/** Go's big.Float as OPA uses it: this many bits of mantissa, rounded to nearest even. */
const mantissaBits = 64;

/** `mantissa × 2^exponent`. */
interface Float {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** Exact for integers of any size, else in 64-bit binary floating point, as OPA adds. */
export function add(a: NumberValue, b: NumberValue): NumberValue {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return sum;
  }
  if (isInteger(a) && isInteger(b)) return normalizeInteger(bigintOf(a) + bigintOf(b));
  return fromFloat(addFloats(toFloat(a), toFloat(b)));
}

export function subtract(a: NumberValue, b: NumberValue): NumberValue {
  return add(a, negate(b));
}

export function negate(a: NumberValue): NumberValue {
  if (typeof a === "number") return a === 0 ? 0 : -a;
  if (typeof a === "bigint") return normalizeInteger(-a);
  return computedNumber(-a.coefficient, a.exponent);
}

export function multiply(a: NumberValue, b: NumberValue): NumberValue {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product) && Number.isSafeInteger(a) && Number.isSafeInteger(b)) return product + 0;
  }
  if (isInteger(a) && isInteger(b)) return normalizeInteger(bigintOf(a) * bigintOf(b));
  const x = toFloat(a);
  const y = toFloat(b);
  if (x.mantissa === 0n || y.mantissa === 0n) return zero(a, b);
  return fromFloat(round(x.mantissa * y.mantissa, x.exponent + y.exponent));
}

/** The caller has refused a zero divisor. */
export function divide(a: NumberValue, b: NumberValue): NumberValue {
  if (a === 0) return typeof b === "number" && b > 0 ? 0 : zero(a, b);
  if (
    typeof a === "number" &&
    typeof b === "number" &&
    Number.isSafeInteger(a) &&
    Number.isSafeInteger(b) &&
    a % b === 0
  )
    return a / b + 0;
  const x = toFloat(a);
  const y = toFloat(b);
  if (x.mantissa === 0n) return zero(a, b);
  const shift = mantissaBits * 2 + 2;
  return fromFloat(quotientOf(x.mantissa << BigInt(shift), y.mantissa, x.exponent - y.exponent - shift));
}

/** `dividend / divisor × 2^exponent`, rounded once. The dividend has more bits than the divisor by those that a float keeps, and two. */
function quotientOf(dividend: bigint, divisor: bigint, exponent: number): Float {
  const quotient = dividend / divisor;
  if (quotient * divisor === dividend) return round(quotient, exponent);
  // One bit more, away from zero, stands for all that is cut off.
  const isNegative = dividend < 0n !== divisor < 0n;
  return round(quotient * 2n + (isNegative ? -1n : 1n), exponent - 1);
}

/** Nothing, with the sign that a `big.Float` keeps: what floats multiply or divide to prints as `-0` when their signs differ. */
function zero(a: NumberValue, b: NumberValue): NumberValue {
  return hasMinus(a) === hasMinus(b) ? 0 : writtenAs(0, "-0");
}

function hasMinus(value: NumberValue): boolean {
  return typeof value === "object" ? value.toString().startsWith("-") : value < 0;
}

/** Go's remainder: the sign of the dividend. Both are integers. */
export function remainder(a: NumberValue, b: NumberValue): NumberValue {
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  return normalizeInteger(bigintOf(a) % bigintOf(b));
}

/** Without its own text; beyond 64 bits, and for fractions, as a float. */
export function absolute(a: NumberValue): NumberValue {
  if (typeof a === "number" && Number.isSafeInteger(a)) return Math.abs(a);
  const { mantissa, exponent } = toFloat(a);
  return fromFloat({ mantissa: mantissa < 0n ? -mantissa : mantissa, exponent });
}

/** The integer as a float holds it, with all its digits; undefined for a fraction. */
function wholeFloat(a: NumberValue): number | bigint | undefined {
  if (!isInteger(a)) return undefined;
  const { mantissa, exponent } = toFloat(a);
  return normalizeInteger(mantissa << BigInt(exponent));
}

/** The integer part of what a float holds of the number. */
export function cutFloat(a: NumberValue): bigint {
  const { mantissa, exponent } = toFloat(a);
  return exponent >= 0 ? mantissa << BigInt(exponent) : mantissa / (1n << BigInt(-exponent));
}

/** Half away from zero. */
export function roundHalf(a: NumberValue): NumberValue {
  if (typeof a === "number" && Number.isSafeInteger(a)) return a;
  const { coefficient, exponent } = decimalOf(a);
  const whole = wholeFloat(a);
  if (whole !== undefined) return whole;
  const unit = 10n ** BigInt(-exponent);
  const twice = (coefficient < 0n ? -coefficient : coefficient) * 2n + unit;
  const rounded = twice / (unit * 2n);
  return normalizeInteger(coefficient < 0n ? -rounded : rounded);
}

/** As OPA has it: cut off, and one less when that is negative; so of -0.5 it is 0. */
export function floor(a: NumberValue): NumberValue {
  if (typeof a === "number" && Number.isSafeInteger(a)) return a;
  const cut = truncated(a);
  return wholeFloat(a) ?? normalizeInteger(cut < 0n ? cut - 1n : cut);
}

/** As OPA has it: cut off, and one more unless that is negative; so of -0.5 it is 1. */
export function ceil(a: NumberValue): NumberValue {
  if (typeof a === "number" && Number.isSafeInteger(a)) return a;
  const cut = truncated(a);
  return wholeFloat(a) ?? normalizeInteger(cut >= 0n ? cut + 1n : cut);
}

/** Towards zero. */
function truncated(a: NumberValue): bigint {
  const { coefficient, exponent } = decimalOf(a);
  return exponent >= 0 ? 0n : coefficient / 10n ** BigInt(-exponent);
}

function addFloats(x: Float, y: Float): Float {
  const exponent = Math.min(x.exponent, y.exponent);
  return round((x.mantissa << BigInt(x.exponent - exponent)) + (y.mantissa << BigInt(y.exponent - exponent)), exponent);
}

/** The decimal, rounded to a binary mantissa. */
function toFloat(value: NumberValue): Float {
  const { coefficient, exponent } = decimalOf(value);
  if (exponent >= 0) return round(coefficient * 10n ** BigInt(exponent), 0);
  const divisor = 10n ** BigInt(-exponent);
  const shift = mantissaBits + 2 + bitLength(divisor);
  return quotientOf(coefficient << BigInt(shift), divisor, -shift);
}

function round(mantissa: bigint, exponent: number): Float {
  const negative = mantissa < 0n;
  const size = negative ? -mantissa : mantissa;
  const extra = bitLength(size) - mantissaBits;
  if (extra <= 0) return { mantissa, exponent };
  const shift = BigInt(extra);
  let kept = size >> shift;
  const rest = size - (kept << shift);
  const half = 1n << (shift - 1n);
  if (rest > half || (rest === half && (kept & 1n) === 1n)) kept += 1n;
  return { mantissa: negative ? -kept : kept, exponent: exponent + extra };
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : (value < 0n ? -value : value).toString(2).length;
}

/** The shortest decimal that rounds to this float: what Go prints. */
function fromFloat({ mantissa, exponent }: Float): NumberValue {
  if (mantissa === 0n) return 0;
  if (exponent >= 0 && bitLength(mantissa) + exponent <= mantissaBits)
    return normalizeInteger(mantissa << BigInt(exponent));
  const negative = mantissa < 0n;
  const size = negative ? -mantissa : mantissa;
  const { digits, power } = shortest(size, exponent);
  return computedNumber(negative ? -digits : digits, power);
}

function shortest(mantissa: bigint, exponent: number): { digits: bigint; power: number } {
  const full = mantissa << BigInt(Math.max(0, mantissaBits - bitLength(mantissa)));
  const shift = exponent - (bitLength(full) - bitLength(mantissa));
  // Twice the value and its neighbours' midpoints, over 2^bits, so that all are integers.
  const bits = 1 - shift;
  const whole = BigInt(Math.max(0, -bits));
  const value = (full * 2n) << whole;
  const scale = 1n << BigInt(Math.max(0, bits));
  for (let count = 1; count <= 21; count++) {
    const candidate = roundedTo(value, scale, count);
    const distance = candidate.digits * (candidate.power >= 0 ? 10n ** BigInt(candidate.power) : 1n) * scale;
    const unit = candidate.power < 0 ? 10n ** BigInt(-candidate.power) : 1n;
    const error = distance - value * unit;
    const limit = unit << whole;
    const size = error < 0n ? -error : error;
    // What lies in the middle of two floats is rounded to the even one.
    if (size < limit || (size === limit && full % 2n === 0n)) return candidate;
  }
  return roundedTo(value, scale, 22);
}

/** `value / scale` to `count` significant digits. */
function roundedTo(value: bigint, scale: bigint, count: number): { digits: bigint; power: number } {
  const whole = value / scale;
  const magnitude = whole > 0n ? whole.toString().length : -leadingZeros(value, scale);
  const power = magnitude - count;
  const numerator = power < 0 ? value * 10n ** BigInt(-power) : value;
  const denominator = power > 0 ? scale * 10n ** BigInt(power) : scale;
  const twice = numerator * 2n;
  const digits = (twice + denominator) / (denominator * 2n);
  // Half of a digit goes to the even one, as Go rounds.
  const isHalf = twice % (denominator * 2n) === denominator;
  return { digits: isHalf && digits % 2n === 1n ? digits - 1n : digits, power };
}

/** How many zeros stand behind the point of a fraction. */
function leadingZeros(value: bigint, scale: bigint): number {
  let zeros = 0;
  for (let next = value * 10n; next < scale; next *= 10n) zeros++;
  return zeros;
}
