import { pad, type Verb } from "./go-verb.ts";
import { trimEnd } from "./trim-end.ts";

/** Go's fmt of a float64 that is a number; undefined for a verb that floats do not know. */
export function formatFloat(value: number, verb: Verb): string | undefined {
  const bare = floatText(Math.abs(value), verb);
  if (bare === undefined) return undefined;
  const text = verb.sharp && verb.letter !== "b" ? withPoint(bare, verb) : bare;
  const isNegative = value < 0 || Object.is(value, -0);
  const sign = isNegative ? "-" : verb.plus ? "+" : verb.space ? " " : "";
  if (sign === "" || !verb.zero || verb.minus) return pad(sign + text, verb);
  return sign + pad(text, { ...verb, width: Math.max(0, (verb.width ?? 0) - 1) });
}

/** Without a sign. */
function floatText(size: number, { letter, precision }: Verb): string | undefined {
  switch (letter) {
    case "v":
    case "g":
      return generalText(size, precision);
    case "G":
      return generalText(size, precision).toUpperCase();
    case "f":
    case "F":
      return fixed(size, precision ?? 6);
    case "e":
      return exponentText(exactDecimal(size), precision ?? 6);
    case "E":
      return exponentText(exactDecimal(size), precision ?? 6).toUpperCase();
    case "b":
      return binaryFloat(size);
    case "x":
      return hexFloat(size, precision);
    case "X":
      return hexFloat(size, precision).toUpperCase();
    default:
      return undefined;
  }
}

/** Digits without zeros at the end, and how many of them stand before the point; of zero no digit. */
interface Digits {
  readonly digits: string;
  readonly point: number;
}

/** All digits of a double: a fraction of 2^k has k of them. */
function exactDecimal(value: number): Digits {
  const { mantissa, exponent } = binaryParts(value);
  if (mantissa === 0n) return { digits: "", point: 0 };
  const behind = exponent < 0 ? -exponent : 0;
  const digits = (exponent < 0 ? mantissa * 5n ** BigInt(behind) : mantissa << BigInt(exponent)).toString();
  return { digits: trimEnd(digits, /0/), point: digits.length - behind };
}

/** The value is `mantissa` times 2 to the power of `exponent`. */
function binaryParts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const power = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return { mantissa: power === 0 ? fraction : fraction | (1n << 52n), exponent: Math.max(power, 1) - 1075 };
}

/** Rounded to so many digits: what is exactly half goes to the even digit. */
function rounded({ digits, point }: Digits, keep: number): Digits {
  if (keep >= digits.length) return { digits, point };
  if (keep < 0) return { digits: "", point: 0 };
  const [kept, rest] = [digits.slice(0, keep), digits.slice(keep)];
  const isUp = rest === "5" ? /[13579]$/.test(kept) : rest.charAt(0) >= "5";
  if (!isUp) return { digits: trimEnd(kept, /0/), point };
  const sum = (BigInt(kept === "" ? "0" : kept) + 1n).toString();
  return { digits: trimEnd(sum, /0/), point: point + sum.length - kept.length };
}

/** What JavaScript writes out with so many digits. */
const largestFixed = 1e21;
const mostFixedDigits = 100;

function fixed(size: number, precision: number): string {
  // JavaScript rounds as Go does but for what is exactly half, which is an odd number of halves of that power of two.
  const halves = size * 2 ** (precision + 1);
  const isHalf = Number.isInteger(halves) && halves % 2 === 1;
  const isPlain = size < largestFixed && precision <= mostFixedDigits && !isHalf;
  return isPlain ? size.toFixed(precision) : fixedText(exactDecimal(size), precision);
}

function fixedText(exact: Digits, precision: number): string {
  const { digits, point } = rounded(exact, exact.point + precision);
  const whole = point <= 0 ? "0" : digits.slice(0, point).padEnd(point, "0");
  if (precision === 0) return whole;
  const fraction = "0".repeat(Math.min(precision, Math.max(0, -point))) + digits.slice(Math.max(0, point));
  return `${whole}.${fraction.padEnd(precision, "0")}`;
}

function exponentText(exact: Digits, precision: number): string {
  const { digits, point } = rounded(exact, precision + 1);
  const fraction = precision === 0 ? "" : `.${digits.slice(1).padEnd(precision, "0")}`;
  return `${digits.charAt(0) || "0"}${fraction}e${exponentSuffix(digits === "" ? 0 : point - 1)}`;
}

/** With a sign, and at least two digits. */
function exponentSuffix(exponent: number): string {
  return `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** From here on Go's shortest text of a float has an exponent. */
const shortestExponent = 6;

/** The shortest text by which the value is known, or one of at most so many digits. */
function generalText(size: number, precision: number | undefined): string {
  if (precision === undefined) return goFloat(size);
  const most = Math.max(precision, 1);
  const short = rounded(exactDecimal(size), most);
  const { digits, point } = short;
  if (digits === "") return "0";
  const count = digits.length;
  return point - 1 < -4 || point - 1 >= most
    ? exponentText(short, count - 1)
    : fixedText(short, Math.max(0, count - point));
}

/** %g with the shortest digits: exponents below -4 and from 6 on are written as such. */
export function goFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const text = value.toExponential();
  const exponent = Number(text.slice(text.indexOf("e") + 1));
  if (exponent >= -4 && exponent < shortestExponent) return String(value);
  return text.slice(0, text.indexOf("e") + 1) + exponentSuffix(exponent);
}

/** An integer mantissa and a binary exponent. */
function binaryFloat(value: number): string {
  const { mantissa, exponent } = binaryParts(value);
  return `${mantissa}p${exponent < 0 ? "" : "+"}${exponent}`;
}

/** A hexadecimal mantissa and a binary exponent: 0x1.ffp+07. All 52 bits behind the point, or rounded to so many digits. */
function hexFloat(value: number, precision: number | undefined): string {
  if (value === 0) return `0x0${precision ? `.${"0".repeat(precision)}` : ""}p+00`;
  let exponent = Math.floor(Math.log2(value));
  // The logarithm may be off by one next to a power of two.
  while (value / 2 ** exponent >= 2) exponent++;
  while (value / 2 ** exponent < 1) exponent--;
  const bits = BigInt((value / 2 ** exponent) * 2 ** 52);
  const kept = precision === undefined ? 13 : Math.min(precision, 13);
  const drop = BigInt(52 - kept * 4);
  const half = drop === 0n ? 0n : 1n << (drop - 1n);
  const odd = (bits >> drop) & 1n;
  let mantissa = drop === 0n ? bits : (bits + half - (odd === 1n ? 0n : 1n)) >> drop;
  if (mantissa >> BigInt(kept * 4) === 2n) {
    mantissa >>= 1n;
    exponent++;
  }
  const digits = mantissa.toString(16).slice(1);
  const fraction = precision === undefined ? trimEnd(digits, /0/) : digits.padEnd(precision, "0");
  return `0x1${fraction === "" ? "" : `.${fraction}`}p${exponentSuffix(exponent)}`;
}

/** `#` asks for a point, and of the general verbs and %x also for the digits that were left out: six, or as many as the precision says. */
function withPoint(text: string, { letter, precision = 6 }: Verb): string {
  const isHex = letter === "x" || letter === "X";
  const end = text.search(isHex ? /p/i : /e/i);
  const [number, tail] = end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end)];
  const pointed = number.includes(".") ? number : `${number}.`;
  // Go counts the x of a prefix, too.
  const counted = trimStart(number.replace(".", "")).length + (number === "0" ? 1 : 0);
  const missing = "vgGx".includes(letter) ? Math.max(0, precision - counted) : 0;
  return pointed + "0".repeat(missing) + tail;
}

/** Zeros before the first digit are none that count. */
function trimStart(number: string): string {
  return number.replace(/^0+/, "");
}
