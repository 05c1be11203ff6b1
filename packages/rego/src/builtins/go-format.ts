import { typeName } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import { bigintOf, doubleOf, isWrittenInteger, type NumberValue, numberText } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { operandTypeError } from "./builtin.ts";
import { goQuote, goQuoteRune, isPrintable } from "./go-quote.ts";
import { printable } from "./length.ts";
import { isNumber } from "./operands.ts";
import { trimEnd } from "./trim-end.ts";

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
  /** Numbers of operands, from 1 on, that stand in brackets before the width's `*`, the precision's `*` and the verb. */
  readonly indexes: readonly (string | undefined)[];
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

const verbs = /%([-+# 0]*)(?:\[([^\]]*)\])?(\*|\d+)?(?:(\.)(?:\[([^\]]*)\])?(\*|\d+)?)?(?:\[([^\]]*)\])?([\s\S])?/gu;

function parseFormat(text: string): Format {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(verbs)) {
    const [whole, flags = "", first, width, point, second, precision, third, verb] = found;
    const before = text.slice(from, found.index);
    const cut = point === undefined ? undefined : (sizeOf(precision) ?? 0);
    const isPlain = whole === "%v" || whole === "%s";
    const indexes = [first, second, third];
    pieces.push({ before, flags, width: sizeOf(width), precision: cut, indexes, verb, isPlain });
    from = found.index + whole.length;
  }
  return { pieces, rest: text.slice(from) };
}

function sizeOf(text: string | undefined): number | "*" | undefined {
  return text === undefined || text === "*" ? text : Number(text);
}

/**
 * Go's fmt.Sprintf as OPA calls it: integers as int, other numbers as float64, strings as they are, all else as its Rego text. `types`: what
 * Go calls the types of operands where it is something else.
 */
export function sprintf(format: string, operands: Value, types: readonly string[] = []): string {
  if (!Array.isArray(operands)) throw operandTypeError(2, "array", typeName(operands));
  const args = operands as readonly Value[];
  const { pieces, rest } = formatOf(format);
  const taken: Taken = { args, types, used: 0, isReordered: false };
  let text = "";
  for (const piece of pieces) {
    text += piece.before;
    if (piece.isPlain && typeof args[taken.used] === "string") text += args[taken.used++] as string;
    else text += formatPiece(piece, taken);
  }
  text += rest;
  if (taken.used >= args.length || taken.isReordered) return text;
  const extra = args.slice(taken.used).map((each, i) => extraText(types[taken.used + i] ?? goType(each), each));
  return `${text}%!(EXTRA ${extra.join(", ")})`;
}

function extraText(type: string, value: Value): string {
  return type === "<nil>" ? type : `${type}=${plainText(value)}`;
}

/** The operands, and how many of them were taken: unless a format says which one it wants. */
interface Taken {
  readonly args: readonly Value[];
  readonly types: readonly string[];
  used: number;
  isReordered: boolean;
}

function formatPiece({ flags, width, precision, indexes, verb }: Piece, taken: Taken): string {
  if (verb === undefined) return "%!(NOVERB)";
  if (verb === "%") return "%";
  const [first, second, third] = indexes;
  const { args } = taken;
  let fault = "";
  let isGood = moveTo(first, taken);
  let wide = width === "*" ? sizeAt(taken) : width;
  if (wide === "bad" || (wide ?? 0) > maxWidth) fault += "%!(BADWIDTH)";
  isGood = moveTo(second, taken) && isGood;
  let exact = precision === "*" ? sizeAt(taken) : precision;
  if (exact === "bad" || (exact ?? 0) < 0 || (exact ?? 0) > maxWidth) {
    fault += "%!(BADPREC)";
    exact = undefined;
  }
  isGood = moveTo(third, taken) && isGood;
  if (!isGood) return `${fault}%!${verb}(BADINDEX)`;
  if (taken.used >= args.length) return `${fault}%!${verb}(MISSING)`;
  const isLeft = typeof wide === "number" && wide < 0;
  wide = wide === "bad" || (wide ?? 0) > maxWidth ? undefined : wide;
  const options: Verb = {
    flags: isLeft ? `${flags}-` : flags,
    width: wide === undefined ? undefined : Math.abs(wide as number),
    precision: exact as number | undefined,
    verb,
  };
  const at = taken.used++;
  return fault + formatPadded(args[at] as Value, options, taken.types[at]);
}

/** To the operand with this number, counted from 1; false when there is none. */
function moveTo(index: string | undefined, taken: Taken): boolean {
  if (index === undefined) return true;
  taken.isReordered = true;
  const number = /^\d+$/.test(index) ? Number(index) : 0;
  if (number < 1 || number > taken.args.length) return false;
  taken.used = number - 1;
  return true;
}

/** What an operand says of a width or precision. */
function sizeAt(taken: Taken): number | "bad" {
  const value = taken.args[taken.used++];
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= maxWidth ? value : "bad";
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

/** Of a verb that the type does not know Go shows what it was given, with the same width and precision. */
function formatPadded(value: Value, options: Verb, shownType?: string): string {
  const text = formatValue(value, options);
  if (text !== undefined) return pad(text, options);
  const type = goType(value);
  if (type === "*big.Int") return `%!${options.verb}(big.Int=${plainText(value)})`;
  const verb = type === "string" ? "s" : type === "int64" ? "d" : "g";
  return `%!${options.verb}(${shownType ?? type}=${formatPadded(value, { ...options, verb })})`;
}

/** Undefined for a verb that the type does not know. */
function formatValue(value: Value, options: Verb): string | undefined {
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
      return flags.includes("#") && !text.includes("`")
        ? `\`${text}\``
        : goQuote(cut(text, options), flags.includes("+"));
    case "x":
    case "X": {
      const hex = [...new TextEncoder().encode(cut(text, options))].map((byte) => byte.toString(16).padStart(2, "0"));
      const prefix = flags.includes("#") && hex.length > 0 ? "0x" : "";
      const joined = prefix + hex.join(flags.includes(" ") ? ` ${prefix}` : "");
      return verb === "X" ? joined.toUpperCase() : joined;
    }
    default:
      return undefined;
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

function formatInteger(value: bigint, { verb, flags, precision }: Verb): string | undefined {
  // Beyond 64 bits Go has big.Int, which prints itself for %s too.
  const base = bases[verb] ?? (verb === "s" && BigInt.asIntN(64, value) !== value ? 10 : undefined);
  if (verb === "c") return runeOf(value);
  if (verb === "q") return goQuoteRune(runeOf(value), flags.includes("+"));
  if (verb === "U") return codePoint(value, flags);
  if (base === undefined) return undefined;
  const size = value < 0n ? -value : value;
  let digits = size.toString(base).padStart(precision ?? 0, "0");
  if (verb === "X") digits = digits.toUpperCase();
  const prefix = verb === "O" ? "0o" : flags.includes("#") ? ({ x: "0x", X: "0X", o: "0", b: "0b" }[verb] ?? "") : "";
  return signOf(value < 0n, flags, verb) + prefix + digits;
}

/** What is no code point is U+FFFD. */
function runeOf(value: bigint): string {
  const isRune = value >= 0n && value <= 0x10ffffn && (value < 0xd800n || value > 0xdfffn);
  return isRune ? String.fromCodePoint(Number(value)) : "\ufffd";
}

function codePoint(value: bigint, flags: string): string {
  const code = BigInt.asUintN(64, value).toString(16).toUpperCase().padStart(4, "0");
  const isShown = flags.includes("#") && value >= 0n && value <= 0x10ffffn && isPrintable(runeOf(value));
  return `U+${code}${isShown ? ` '${runeOf(value)}'` : ""}`;
}

function signOf(negative: boolean, flags: string, verb: string): string {
  if (negative) return "-";
  // Of %v a plus asks for names of fields, which numbers have none of.
  return flags.includes("+") && verb === "v" ? "" : flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
}

function formatFloat(value: number, { verb, flags, precision }: Verb): string | undefined {
  const size = Math.abs(value);
  const sign = signOf(value < 0 || Object.is(value, -0), flags, verb);
  switch (verb) {
    case "v":
    case "g":
    case "G": {
      const text = precision === undefined ? goFloat(size) : goGeneral(size, precision);
      return sign + (verb === "G" ? text.toUpperCase() : text);
    }
    case "b":
      return sign + binaryFloat(size);
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
      return undefined;
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

/** An integer mantissa and a binary exponent. */
function binaryFloat(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const all = bits.getBigUint64(0);
  const power = Number(all >> 52n);
  const fraction = all & ((1n << 52n) - 1n);
  const exponent = Math.max(power, 1) - 1075;
  return `${power === 0 ? fraction : fraction | (1n << 52n)}p${exponent < 0 ? "" : "+"}${exponent}`;
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
  let rounded = drop === 0n ? bits : (bits + half - (odd === 1n ? 0n : 1n)) >> drop;
  if (rounded >> BigInt(kept * 4) === 2n) {
    rounded >>= 1n;
    exponent++;
  }
  const digits = rounded.toString(16).slice(1);
  const fraction = precision === undefined ? trimEnd(digits, /0/) : digits.padEnd(precision, "0");
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

/** A value as Rego text, as OPA prints terms: `{"a": 1}`, `{1, 2}`, `set()`. */
export function regoText(value: Value): string {
  return termText(printable(value));
}

function termText(value: Value): string {
  if (typeof value === "string") return goQuote(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isNumber(value)) return numberText(value);
  if (Array.isArray(value)) return `[${value.map(termText).join(", ")}]`;
  if (value instanceof RegoSet) return value.size === 0 ? "set()" : `{${value.sorted().map(termText).join(", ")}}`;
  return `{${sortedEntries(value as Value)
    .map(([key, item]) => `${termText(key)}: ${termText(item)}`)
    .join(", ")}}`;
}
