import { CelError, Uint } from "./value.ts";

export const MIN_INT64: bigint = -(2n ** 63n);
export const MAX_INT64: bigint = 2n ** 63n - 1n;
export const MAX_UINT64: bigint = 2n ** 64n - 1n;

/** An int64, or undefined when the text is none: decimal or `0x…`, with or without `-`. */
export function parseInt64(text: string): bigint | undefined {
  if (!/^[-+]?(?:0x[0-9a-fA-F]+|[0-9]+)$/.test(text)) return undefined;
  const isNegative = text.startsWith("-");
  const magnitude = BigInt(text.replace(/^[-+]/, ""));
  const value = isNegative ? -magnitude : magnitude;
  return isInt64(value) ? value : undefined;
}

/** A uint64 without its `u`, or undefined. */
export function parseUint64(text: string): Uint | undefined {
  if (!/^(?:0x[0-9a-fA-F]+|[0-9]+)$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= MAX_UINT64 ? new Uint(value) : undefined;
}

/** A double as Go reads it, with underscores between digits, and with a power of two behind hexadecimal ones; undefined when the text is none. */
export function parseDouble(text: string): number | undefined {
  const plain = /^[-+]?(?:0x_?)?(?:[0-9a-f.]|(?<=[0-9a-f])_(?=[0-9a-f])|[ep][-+]?(?=\d))*$/i.test(text)
    ? text.replaceAll("_", "")
    : text;
  if (/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(plain)) {
    const value = Number(plain);
    return Number.isFinite(value) ? value : undefined;
  }
  const hex = /^([-+]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([-+]?\d{1,5})$/i.exec(plain);
  if (hex !== null && `${hex[2]}${hex[3]}` !== "") {
    const [, sign, whole = "", fraction = "", power] = hex;
    const value = Number(`0x${whole}${fraction}`) * 2 ** (Number(power) - 4 * fraction.length);
    return Number.isFinite(value) ? (sign === "-" ? -value : value) : undefined;
  }
  if (/^[-+]?inf(?:inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return /^nan$/i.test(text) ? Number.NaN : undefined;
}

export function isInt64(value: bigint): boolean {
  return value >= MIN_INT64 && value <= MAX_INT64;
}

/** The int, or the fault of an overflow. */
export function checkInt(value: bigint): bigint | CelError {
  return isInt64(value) ? value : new CelError("integer overflow");
}

/** The uint, or the fault of an overflow. */
export function checkUint(value: bigint): Uint | CelError {
  return value >= 0n && value <= MAX_UINT64 ? new Uint(value) : new CelError("unsigned integer overflow");
}

/**
 * Orders numbers of any kinds: negative, zero or positive; undefined with NaN. An integer beside a double is rounded to one,
 * as cel-go does.
 */
export function compareNumbers(a: bigint | number | Uint, b: bigint | number | Uint): number | undefined {
  const isRounded = typeof a === "number" || typeof b === "number";
  const left = isRounded ? toDouble(a) : a instanceof Uint ? a.value : a;
  const right = isRounded ? toDouble(b) : b instanceof Uint ? b.value : b;
  if (left < right) return -1;
  if (left > right) return 1;
  return left === right ? 0 : undefined;
}

function toDouble(value: bigint | number | Uint): number {
  return Number(value instanceof Uint ? value.value : value);
}

export function isNumber(value: unknown): value is bigint | number | Uint {
  return typeof value === "bigint" || typeof value === "number" || value instanceof Uint;
}

/** A double as Go's `%g` writes it, which `string(double)` answers: with an exponent below 0.0001 and from a million on. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < MAX_PLAIN_POWER) return String(value);
  const size = String(Math.abs(power)).padStart(2, "0");
  return `${digits}e${power < 0 ? "-" : "+"}${size}`;
}

/** Go decides as for six digits. */
const MAX_PLAIN_POWER = 6;
