import { typeName } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import { bigintOf, doubleOf, isWrittenInteger, type NumberValue, numberText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { operandTypeError } from "./builtin.ts";
import { isNumber } from "./operands.ts";

/** A verb with its flags: `%[flags][width][.precision]verb`. https://pkg.go.dev/fmt */
interface Verb {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly verb: string;
}

/** A width beyond this would only fill memory. Go refuses the same. */
const maxWidth = 1_000_000;

/** A stretch of plain text and the verb behind it; `*` takes the number from the operands. */
interface Piece {
  readonly before: string;
  readonly flags: string;
  readonly width: number | "*" | undefined;
  readonly precision: number | "*" | undefined;
  /** Undefined at the end of the format. */
  readonly verb: string | undefined;
  /** A verb that writes strings as they are. */
  readonly isPlain: boolean;
}

interface Format {
  readonly pieces: readonly Piece[];
  readonly rest: string;
}

/** Formats that were read last: most are constants of policies. */
const knownFormats = new Map<string, Format>();
const maxKnownFormats = 512;

function formatOf(text: string): Format {
  const known = knownFormats.get(text);
  if (known !== undefined) return known;
  const format = parseFormat(text);
  if (knownFormats.size >= maxKnownFormats) knownFormats.clear();
  knownFormats.set(text, format);
  return format;
}

function parseFormat(text: string): Format {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(/%([-+# 0]*)(\*|\d+)?(\.(\*|\d+)?)?([\s\S])?/gu)) {
    const [whole, flags = "", width, point, precision, verb] = found;
    const before = text.slice(from, found.index);
    const cut = point === undefined ? undefined : (sizeOf(precision) ?? 0);
    const isPlain = whole === "%v" || whole === "%s";
    pieces.push({ before, flags, width: sizeOf(width), precision: cut, verb, isPlain });
    from = found.index + whole.length;
  }
  return { pieces, rest: text.slice(from) };
}

function sizeOf(text: string | undefined): number | "*" | undefined {
  return text === undefined || text === "*" ? text : Number(text);
}

/** Go's fmt.Sprintf as OPA calls it: integers as int, other numbers as float64, strings as they are, all else as its Rego text. */
export function sprintf(format: string, operands: Value): string {
  if (!Array.isArray(operands)) throw operandTypeError(2, "array", typeName(operands));
  const args = operands as readonly Value[];
  const { pieces, rest } = formatOf(format);
  let used = 0;
  const size = (given: number | "*" | undefined) => (given === "*" ? Number(args[used++]) : given);
  let text = "";
  for (const piece of pieces) {
    const { before, flags, verb } = piece;
    text += before;
    if (verb === undefined) text += "%!(NOVERB)";
    else if (verb === "%") text += "%";
    else if (piece.isPlain && typeof args[used] === "string") text += args[used++] as string;
    else {
      const options: Verb = { flags, width: size(piece.width), precision: size(piece.precision), verb };
      if ((options.width ?? 0) > maxWidth) text += "%!(BADWIDTH)";
      else if ((options.precision ?? 0) > maxWidth) text += "%!(BADPREC)";
      else if (used >= args.length) text += `%!${verb}(MISSING)`;
      else text += pad(formatValue(args[used++] as Value, options), options);
    }
  }
  text += rest;
  if (used >= args.length) return text;
  const extra = args.slice(used).map((each) => `${goType(each)}=${plainText(each)}`);
  return `${text}%!(EXTRA ${extra.join(", ")})`;
}

function pad(text: string, { flags, width, verb }: Verb): string {
  if (width === undefined) return text;
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes("-")) return text + " ".repeat(missing);
  if (!flags.includes("0") || "sqvT".includes(verb))
    return flags.includes("0") && "sq".includes(verb) ? "0".repeat(missing) + text : " ".repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}

function goType(value: Value): string {
  const operand = isNumber(value) ? goNumber(value) : "";
  if (typeof operand !== "bigint") return typeof operand === "number" ? "float64" : "string";
  return BigInt.asIntN(64, operand) === operand ? "int64" : "*big.Int";
}

/** What OPA hands to Go: strings plain, all else its text. */
function plainText(value: Value): string {
  if (typeof value === "string") return value;
  if (!isNumber(value)) return regoText(value);
  const operand = goNumber(value);
  return typeof operand === "number" ? goFloat(operand) : String(operand);
}

function formatValue(value: Value, options: Verb): string {
  const { verb, flags } = options;
  if (verb === "T") return goType(value);
  const operand = isNumber(value) ? goNumber(value) : undefined;
  if (typeof operand === "bigint") return formatInteger(operand, options);
  if (typeof operand === "number") return formatFloat(operand, options);
  const text = typeof value === "string" ? value : regoText(value);
  switch (verb) {
    case "v":
      return flags.includes("#") ? JSON.stringify(text) : cut(text, options);
    case "s":
      return cut(text, options);
    case "q":
      return flags.includes("#") && !text.includes("`") ? `\`${text}\`` : goQuote(cut(text, options));
    case "x":
    case "X": {
      const hex = [...new TextEncoder().encode(cut(text, options))].map((byte) => byte.toString(16).padStart(2, "0"));
      const joined = hex.join(flags.includes(" ") ? " " : "");
      return verb === "X" ? joined.toUpperCase() : joined;
    }
    default:
      return `%!${verb}(string=${text})`;
  }
}

/** What OPA makes of a number for Go: an integer when it is written as one, a float64 when it has a point, else its text. */
function goNumber(value: NumberValue): bigint | number | string {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  const text = numberText(value);
  if (typeof value === "number") return text.includes(".") ? value : text;
  if (isWrittenInteger(value)) return bigintOf(value);
  const double = doubleOf(value);
  return text.includes(".") && Number.isFinite(double) ? double : text;
}

function cut(text: string, { precision }: Verb): string {
  return precision === undefined ? text : [...text].slice(0, precision).join("");
}

const bases: { readonly [verb: string]: number } = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function formatInteger(value: bigint, { verb, flags, precision }: Verb): string {
  // Beyond 64 bits Go has big.Int, which prints itself for %s too.
  const base = bases[verb] ?? (verb === "s" && BigInt.asIntN(64, value) !== value ? 10 : undefined);
  if (verb === "c") return String.fromCodePoint(Number(value));
  if (verb === "q") return `'${String.fromCodePoint(Number(value))}'`;
  if (verb === "U") return `U+${value.toString(16).toUpperCase().padStart(4, "0")}`;
  if (base === undefined) return `%!${verb}(int64=${value})`;
  const size = value < 0n ? -value : value;
  let digits = size.toString(base).padStart(precision ?? 0, "0");
  if (verb === "X") digits = digits.toUpperCase();
  const prefix = verb === "O" ? "0o" : flags.includes("#") ? ({ x: "0x", X: "0X", o: "0", b: "0b" }[verb] ?? "") : "";
  return signOf(value < 0n, flags) + prefix + digits;
}

function signOf(negative: boolean, flags: string): string {
  if (negative) return "-";
  return flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
}

function formatFloat(value: number, { verb, flags, precision }: Verb): string {
  const size = Math.abs(value);
  const sign = signOf(value < 0 || Object.is(value, -0), flags);
  switch (verb) {
    case "v":
    case "g":
    case "G":
      return sign + (precision === undefined ? goFloat(size) : goGeneral(size, precision));
    case "f":
    case "F":
      return sign + fixed(size, precision ?? 6);
    case "e":
    case "E": {
      const text = goExponent(size.toExponential(Math.min(precision ?? 6, maxDigits)));
      return sign + (verb === "E" ? text.toUpperCase() : text);
    }
    case "x":
    case "X": {
      const text = hexFloat(size, precision);
      return sign + (verb === "X" ? text.toUpperCase() : text);
    }
    default:
      return `%!${verb}(float64=${goFloat(value)})`;
  }
}

/** %g with the shortest digits: exponents below -4 and from 6 on are written as such. */
export function goFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const text = value.toExponential();
  const exponent = Number(text.slice(text.indexOf("e") + 1));
  return exponent < -4 || exponent >= shortestExponent ? goExponent(text) : String(value);
}

/** From here on Go's shortest text of a float has an exponent. */
const shortestExponent = 6;

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
  let rounded = drop === 0n ? bits : (bits + half - (odd === 1n ? 0n : 1n)) >> drop;
  if (rounded >> BigInt(kept * 4) === 2n) {
    rounded >>= 1n;
    exponent++;
  }
  const digits = rounded.toString(16).slice(1);
  const fraction = precision === undefined ? digits.replace(/0+$/, "") : digits.padEnd(precision, "0");
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `0x1${fraction === "" ? "" : `.${fraction}`}p${exponent < 0 ? "-" : "+"}${size}`;
}

/** Digits behind the point that JavaScript writes out. */
const maxDigits = 100;

function fixed(value: number, digits: number): string {
  return roundedFixed(value, Math.min(digits, maxDigits)) + "0".repeat(Math.max(0, digits - maxDigits));
}

/** Exactly half goes to the even digit, where JavaScript goes up. */
function roundedFixed(value: number, digits: number): string {
  const text =
    value >= 1e21 ? BigInt(value).toString() + (digits > 0 ? `.${"0".repeat(digits)}` : "") : value.toFixed(digits);
  if (digits >= maxDigits || !/[13579]$/.test(text)) return text;
  const exact = value.toFixed(maxDigits);
  const rest = exact.slice(exact.indexOf(".") + 1 + digits);
  return /^50*$/.test(rest) ? exact.slice(0, exact.indexOf(".") + (digits > 0 ? 1 + digits : 0)) : text;
}

function goGeneral(value: number, precision: number): string {
  const digits = precision === 0 ? 1 : Math.min(precision, maxDigits + 1);
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split("e")[1]);
  const text =
    exponent < -4 || exponent >= digits
      ? goExponent(value.toExponential(digits - 1))
      : fixed(value, Math.max(0, digits - 1 - exponent));
  return text.includes(".") ? text.replace(/\.?0+(?=e|$)/, "") : text;
}

function goExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

function goQuote(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\x7f");
}

/** A value as Rego text, as OPA prints terms: `{"a": 1}`, `{1, 2}`, `set()`. */
export function regoText(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isNumber(value)) return numberText(value);
  if (Array.isArray(value)) return `[${value.map(regoText).join(", ")}]`;
  if (value instanceof RegoSet) return value.size === 0 ? "set()" : `{${value.sorted().map(regoText).join(", ")}}`;
  return `{${sortedEntries(value as Value)
    .map(([key, item]) => `${regoText(key)}: ${regoText(item)}`)
    .join(", ")}}`;
}
