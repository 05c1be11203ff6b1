import { runtimeTypeName, type Type } from "../../check/type.ts";
import type { Expr } from "../../syntax/ast.ts";
import { goQuoted } from "../../value/go-quoted.ts";
import { formatDouble } from "../../value/number.ts";
import { textFromUtf8 } from "../../value/text.ts";
import { formatDuration, formatTimestamp } from "../../value/time.ts";
import { typeOf } from "../../value/type-of.ts";
import { CelError, Duration, ListValue, MapValue, Timestamp, TypeValue, Uint, type Value } from "../../value/value.ts";

/** A clause of a format: what is between it and the last one, its letter, and its precision. */
interface Clause {
  readonly verb: string;
  readonly precision: number | undefined;
}

const MAX_INT64 = 2n ** 63n - 1n;

/** Go's printer of numbers keeps a precision in one byte. */
const PRECISIONS = 256;

/** What is written of each clause in turn; `argument` is asked before the clause is read. */
interface Writer {
  /** A fault where there is no such argument. */
  readonly argument: (index: number) => CelError | undefined;
  readonly write: (clause: Clause, index: number) => string | CelError;
}

/** Reads a format as cel-go's strings extension of version 2 does: byte by byte. */
function interpolate(
  format: string,
  { argument, write }: Writer,
): { readonly text: string; readonly used: number } | CelError {
  let text = "";
  let used = 0;
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf("%", at);
    if (percent < 0) return { text: text + format.slice(at), used };
    text += format.slice(at, percent);
    if (format[percent + 1] === "%") {
      text += "%";
      at = percent + 2;
      continue;
    }
    if (percent + 1 >= format.length) return new CelError("unexpected end of string");
    const missing = argument(used);
    if (missing !== undefined) return missing;
    const read = readClause(format.slice(percent + 1));
    if (read instanceof CelError) return new CelError(`could not parse formatting clause: ${read.message}`);
    const written = write(read, used++);
    if (written instanceof CelError) return written;
    text += written;
    at = percent + 1 + read.length;
  }
  return { text, used };
}

function readClause(rest: string): (Clause & { readonly length: number }) | CelError {
  const digits = /^\.(\d*)/.exec(rest)?.[1];
  const precision = digits === undefined ? undefined : precisionOf(digits, digits.length + 1 >= rest.length);
  if (precision instanceof CelError) return new CelError(`error while parsing precision: ${precision.message}`);
  const at = digits === undefined ? 0 : digits.length + 1;
  const verb = rest[at] as string;
  if ("sdfebxXo".includes(verb)) return { verb, precision, length: at + 1 };
  // A byte alone is told as if it were a letter.
  const byte = String.fromCharCode(new TextEncoder().encode(rest.slice(at, at + 2))[0] as number);
  return new CelError(`unrecognized formatting clause "${byte}"`);
}

function precisionOf(digits: string, isEnd: boolean): number | CelError {
  if (isEnd) return new CelError("could not find end of precision specifier");
  const fault = digits === "" ? "invalid syntax" : BigInt(digits) > MAX_INT64 ? "value out of range" : undefined;
  if (fault === undefined) return Number(digits);
  return new CelError(`error while converting precision to integer: strconv.Atoi: parsing "${digits}": ${fault}`);
}

/** `format.format(args)` as Kubernetes has it: cel-go's strings extension of version 2, with numbers as in English. */
export function formatText(format: string, args: ListValue): Value {
  const written = interpolate(format, {
    argument: (index) => (index < args.size ? undefined : new CelError(`index ${index} out of range`)),
    write: (clause, index) => {
      const value = args.at(index);
      const text = writeClause(clause, value);
      return text instanceof CelError ? new CelError(`error during formatting: ${text.message}`) : text;
    },
  });
  return written instanceof CelError ? written : written.text;
}

function writeClause({ verb, precision = 6 }: Clause, value: Value): string | CelError {
  if (verb !== "s" && !isTaken(verb, typeOf(value), value)) return new CelError(refusal(verb, typeOf(value)));
  switch (verb) {
    case "s":
      return textOf(value) ?? new CelError(refusal("s", typeOf(value)));
    case "f":
      return grouped(doubleOf(value), (number) => fixed(number, precision % PRECISIONS));
    case "e":
      // The precision is what it takes for the width.
      return grouped(doubleOf(value), scientific).padStart(precision % PRECISIONS);
    case "b":
      return typeof value === "boolean" ? (value ? "1" : "0") : inBase(value, 2);
    case "o":
      return inBase(value, 8);
    case "x":
      return hexOf(value);
    case "X":
      return hexOf(value).toUpperCase();
    default:
      return inBase(value, 10);
  }
}

const words: readonly string[] = ["NaN", "Infinity", "-Infinity"];

/** Kinds of values that a clause takes, and how one is refused that it does not. */
const clauses: { readonly [verb: string]: readonly [kinds: readonly Type["kind"][], refusal: string] } = {
  d: [["int", "uint"], "decimal clause can only be used on integers"],
  f: [["double", "string"], "fixed-point clause can only be used on doubles"],
  e: [["double", "string"], "scientific clause can only be used on doubles"],
  b: [["int", "uint", "bool"], "only integers and bools can be formatted as binary"],
  o: [["int", "uint"], "octal clause can only be used on integers"],
  x: [["int", "uint", "string", "bytes"], "only integers, byte buffers, and strings can be formatted as hex"],
  s: [
    ["list", "map", "int", "uint", "double", "bool", "string", "timestamp", "bytes", "duration", "type", "null"],
    "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
  ],
};

/** A text is as good as a double where it is one of the words for what no digits tell; without a value it may be. */
function isTaken(verb: string, type: Type, value?: Value): boolean {
  const [kinds = []] = clauses[verb.toLowerCase()] ?? [];
  const isWord = typeof value !== "string" || !"fe".includes(verb) || words.includes(value);
  return kinds.includes(type.kind) && isWord;
}

function refusal(verb: string, type: Type): string {
  return `${clauses[verb.toLowerCase()]?.[1]}, was given ${runtimeTypeName(type)}`;
}

function doubleOf(value: Value): number {
  return value === "Infinity" ? Infinity : value === "-Infinity" ? -Infinity : Number(value);
}

/** Of numbers that are not finite the signs that English has. */
function grouped(value: number, write: (value: number) => string): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? write(value) : value > 0 ? "∞" : "-∞";
}

/** With a comma before each three digits; of a zero the sign is not told. */
function fixed(value: number, precision: number): string {
  const [whole = "", ...fraction] = exact(value === 0 ? 0 : value, precision).split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...fraction].join(".");
}

/** Decimal digits, half to even: from the double as it is, not from its shortest text. */
function exact(value: number, precision: number): string {
  const [bits] = new BigUint64Array(new Float64Array([Math.abs(value)]).buffer);
  const exponent = Number((bits as bigint) >> 52n);
  const mantissa = ((bits as bigint) & (2n ** 52n - 1n)) + (exponent === 0 ? 0n : 2n ** 52n);
  const power = Math.max(exponent, 1) - 1075;
  const scaled = mantissa * 10n ** BigInt(precision);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const digits = (power >= 0 ? scaled << BigInt(power) : halved(scaled, BigInt(-power)))
    .toString()
    .padStart(precision + 1, "0");
  if (precision === 0) return sign + digits;
  return `${sign}${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

/** Divided by a power of two, and rounded. */
function halved(value: bigint, power: bigint): bigint {
  const [quotient, rest, half] = [value >> power, value & ((1n << power) - 1n), 1n << (power - 1n)];
  const isUp = rest > half || (rest === half && quotient % 2n === 1n);
  return isUp ? quotient + 1n : quotient;
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Six digits and a power of ten. */
function scientific(value: number): string {
  const [digits = "", exponent = "0"] = value.toExponential(6).split("e");
  const power = String(Math.abs(Number(exponent))).padStart(2, "0");
  const raised = power.replaceAll(/\d/g, (digit) => superscripts.charAt(Number(digit)));
  return `${digits}×10${Number(exponent) < 0 ? "⁻" : ""}${raised}`;
}

function inBase(value: Value, base: number): string {
  return (value instanceof Uint ? value.value : (value as bigint)).toString(base);
}

function hexOf(value: Value): string {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array)) return inBase(value, 16);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `%s`; undefined for what has no text. */
function textOf(value: Value): string | CelError | undefined {
  if (typeof value === "string") return value;
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return formatDouble(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return textFromUtf8(value) ?? new CelError(noUtf8);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return runtimeTypeName(value.type);
  if (value instanceof ListValue) return listText([...value].map(innerText), "[", "]");
  return value instanceof MapValue ? mapText(value) : undefined;
}

const noUtf8 = 'could not convert argument "invalid UTF-8 in bytes, cannot convert to string" to string';

function mapText(map: MapValue): string | CelError {
  const pairs: (readonly [key: string, text: string])[] = [];
  for (const key of map.keys()) {
    const [name, value] = [innerText(key), innerText(map.find(key) ?? null)];
    if (typeof name !== "string") return name;
    if (typeof value !== "string") return value;
    pairs.push([name, `${name}:${value}`]);
  }
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return listText(
    pairs.map(([, text]) => text),
    "{",
    "}",
  );
}

function listText(items: readonly (string | CelError)[], open: string, close: string): string | CelError {
  const fault = items.find((each) => each instanceof CelError);
  return fault ?? `${open}${items.join(", ")}${close}`;
}

/** Within lists and maps values are written as CEL would have them. */
function innerText(value: Value): string | CelError {
  const text = textOf(value);
  if (text === undefined) return new CelError(`no formatting function for ${runtimeTypeName(typeOf(value))}`);
  if (text instanceof CelError) return text;
  if (typeof value === "number") return Number.isFinite(value) ? exact(value, 6) : goQuoted(text);
  if (typeof value === "string") return goQuoted(text);
  if (value instanceof Uint8Array) return `b${goQuoted(text)}`;
  if (value instanceof Timestamp) return `timestamp("${text}")`;
  return value instanceof Duration ? `duration("${text}")` : text;
}

/** A fault of a format, and the expression at which it is told; undefined for the call itself. */
export interface FormatFault {
  readonly message: string;
  readonly at?: Expr;
}

/** What is wrong with a literal format and the list of its arguments, whose types are known. */
export function formatFault(
  format: string,
  args: readonly Expr[],
  typeOfExpr: (expr: Expr) => Type,
): FormatFault | undefined {
  let at: Expr | undefined;
  const read = interpolate(format, {
    argument: (index) => (index < args.length ? undefined : new CelError(`index ${index} out of range`)),
    write: ({ verb }, index) => {
      const arg = args[index] as Expr;
      at = verb === "s" ? withoutText(arg, typeOfExpr) : isPossible(verb, typeOfExpr(arg)) ? undefined : arg;
      return at === undefined ? "" : new CelError(`error during formatting: ${refusal(verb, typeOfExpr(at))}`);
    },
  });
  if (read instanceof CelError) return { message: read.message, ...(at === undefined ? {} : { at }) };
  if (args.length <= read.used) return undefined;
  return { message: `too many arguments supplied to string.format (expected ${read.used}, got ${args.length})` };
}

function isPossible(verb: string, type: Type): boolean {
  return type.kind === "dyn" || type.kind === "any" || type.kind === "error" || isTaken(verb, type);
}

/** The part of an argument that has no text. */
function withoutText(expr: Expr, typeOfExpr: (expr: Expr) => Type): Expr | undefined {
  const parts =
    expr.kind === "list"
      ? expr.elements
      : expr.kind === "map"
        ? expr.entries.flatMap(({ key, value }) => [key, value])
        : undefined;
  if (parts === undefined) return isPossible("s", typeOfExpr(expr)) ? undefined : expr;
  for (const part of parts) {
    const found = withoutText(part, typeOfExpr);
    if (found !== undefined) return found;
  }
  return undefined;
}
