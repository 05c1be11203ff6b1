import { runtimeTypeName } from "../check/type.ts";
import { textFromUtf8 } from "../value/text.ts";
import { formatDuration, formatTimestamp } from "../value/time.ts";
import { typeOf } from "../value/type-of.ts";
import { CelError, Duration, ListValue, MapValue, Timestamp, TypeValue, Uint, type Value } from "../value/value.ts";

/** More digits than any double has; a longer precision would only make zeros. */
const MAX_PRECISION = 100;

/** `format.format(args)` of cel-go's strings extension: `%s %d %f %e %b %x %X %o %%`, with a precision for the floating ones. */
export function formatText(format: string, args: ListValue): Value {
  let text = "";
  let used = 0;
  const clauses = format.matchAll(/%(?:%|(?:\.(\d+))?([\s\S])?)|[^%]+/gu);
  for (const [part, precision, verb] of clauses) {
    if (!part.startsWith("%")) text += part;
    else if (part === "%%") text += "%";
    else if (verb === undefined) return new CelError("could not parse formatting clause: unexpected end of string");
    else {
      if (used >= args.size) return new CelError(`index ${used} out of range`);
      const formatted = formatOne(verb, precision === undefined ? undefined : Number(precision), args.at(used++));
      if (formatted instanceof CelError) return formatted;
      text += formatted;
    }
  }
  return text;
}

function formatOne(verb: string, precision: number | undefined, value: Value): string | CelError {
  if (precision !== undefined && precision > MAX_PRECISION)
    return new CelError(`could not parse formatting clause: precision ${precision} is too large`);
  switch (verb) {
    case "s":
      return asText(value);
    case "d":
      return asDecimal(value);
    case "f":
      return asFloat(value, "fixed-point", (number) => fixed(number, precision ?? 6));
    case "e":
      return asFloat(value, "scientific", (number) =>
        signed(number, number.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2")),
      );
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      return inBase(value, 2) ?? wrong("only integers and bools can be formatted as binary, was given ", value);
    case "o":
      return inBase(value, 8) ?? wrong("octal clause can only be used on integers, was given ", value);
    case "x":
      return asHex(value);
    case "X": {
      const text = asHex(value);
      return typeof text === "string" ? text.toUpperCase() : text;
    }
    default:
      return new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function wrong(message: string, value: Value): CelError {
  return new CelError(`error during formatting: ${message}${runtimeTypeName(typeOf(value))}`);
}

function inBase(value: Value, base: number): string | undefined {
  if (typeof value === "bigint") return value.toString(base);
  return value instanceof Uint ? value.value.toString(base) : undefined;
}

function asDecimal(value: Value): string | CelError {
  if (typeof value === "number") return plain(value);
  return inBase(value, 10) ?? wrong("decimal clause can only be used on integers, was given ", value);
}

function asFloat(value: Value, name: string, format: (number: number) => string): string | CelError {
  const number = typeof value === "bigint" ? Number(value) : value instanceof Uint ? Number(value.value) : value;
  if (typeof number !== "number") return wrong(`${name} clause can only be used on doubles, was given `, value);
  return Number.isFinite(number) ? format(number) : special(number);
}

/** From here on JavaScript writes numbers with an exponent. */
const LARGEST_FIXED = 1e21;

/** JavaScript writes negative zero without its sign. */
function signed(value: number, text: string): string {
  return Object.is(value, -0) ? `-${text}` : text;
}

/** The fewest digits that tell the double from others, never with an exponent. */
function plain(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  const [digits = "", exponent] = String(value).split("e");
  if (exponent === undefined) return signed(value, digits);
  const [whole = "", fraction = ""] = digits.replace("-", "").split(".");
  const places = Number(exponent);
  const text =
    places < 0 ? `0.${"0".repeat(-places - 1)}${whole}${fraction}` : `${whole}${fraction.padEnd(places, "0")}`;
  return value < 0 ? `-${text}` : text;
}

/** Rounds a half to the even digit, as Go does; `toFixed` rounds it up. */
function fixed(value: number, precision: number): string {
  if (Math.abs(value) >= LARGEST_FIXED) return `${BigInt(value)}${precision === 0 ? "" : `.${"0".repeat(precision)}`}`;
  const text = signed(value, value.toFixed(precision));
  const exact = value.toFixed(MAX_PRECISION);
  const behind = exact.slice(exact.indexOf(".") + 1 + precision);
  if (precision >= MAX_PRECISION || !/^50*$/.test(behind) || !/[13579]$/.test(text)) return text;
  return exact.slice(0, exact.indexOf(".") + (precision === 0 ? 0 : precision + 1));
}

function special(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

function asHex(value: Value): string | CelError {
  if (typeof value === "string") return hexOf(new TextEncoder().encode(value));
  if (value instanceof Uint8Array) return hexOf(value);
  return (
    inBase(value, 16) ?? wrong("only integers, byte buffers, and strings can be formatted as hex, was given ", value)
  );
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `%s`: any scalar, lists as `[a, b]`, maps as `{k: v}` in the order of their keys. */
function asText(value: Value): string | CelError {
  if (typeof value === "string") return value;
  if (value === null) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return plain(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return textFromUtf8(value) ?? new TextDecoder().decode(value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof TypeValue) return runtimeTypeName(value.type);
  if (value instanceof ListValue) return listText([...value].map(asText), "[", "]");
  if (!(value instanceof MapValue))
    return wrong(
      `string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given `,
      value,
    );
  const entries = [...value.keys()].map((key) => ({ key: asText(key), value: asText(value.find(key) as Value) }));
  entries.sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1));
  const parts = entries.map(({ key, value: content }) =>
    content instanceof CelError ? content : `${key}: ${content}`,
  );
  return listText(parts, "{", "}");
}

function listText(parts: readonly (string | CelError)[], open: string, close: string): string | CelError {
  const fault = parts.find((each) => each instanceof CelError);
  return fault instanceof CelError ? fault : `${open}${parts.join(", ")}${close}`;
}
