import { RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import { compareStrings } from "../value/string-order.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { regoText } from "./go-format.ts";
import { isPrintable } from "./go-quote.ts";
import { objectAt, stringAt } from "./operands.ts";

const standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** RFC 4648 section 5. */
export const urlAlphabet: string = `${standard.slice(0, 62)}-_`;

/** RFC 4648. */
export function encodeBase64(bytes: Uint8Array, alphabet: string = standard, padded = true): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += alphabet.charAt(bits >> 18) + alphabet.charAt((bits >> 12) & 63);
    text += b === undefined ? (padded ? "=" : "") : alphabet.charAt((bits >> 6) & 63);
    text += c === undefined ? (padded ? "=" : "") : alphabet.charAt(bits & 63);
  }
  return text;
}

/** Go's decoder: line breaks are skipped, and a fault names its place. */
export function decodeBase64(text: string, alphabet: string = standard, padded = true): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  let end = text.length;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "\n" || char === "\r") continue;
    if (char === "=" && padded) {
      end = checkPadding(text, i, count % 4);
      break;
    }
    const digit = alphabet.indexOf(char);
    if (digit < 0) throw illegal(i);
    bits = ((bits << 6) | digit) & 0xffffff;
    if (++count % 4 !== 1) bytes.push((bits >> [0, 0, 4, 2][count % 4]!) & 255);
  }
  const rest = count % 4;
  if (rest === 1 || (padded && rest !== 0 && end === text.length && !text.includes("=")))
    throw illegal(text.length - rest);
  return Uint8Array.from(bytes);
}

function checkPadding(text: string, at: number, digits: number): number {
  const wanted = digits === 2 ? "==" : digits === 3 ? "=" : "";
  const given = text.slice(at).replace(/[\r\n]/g, "");
  if (wanted === "" || !given.startsWith(wanted)) throw illegal(digits === 2 && given === "=" ? text.length : at);
  if (given !== wanted) throw illegal(at + wanted.length);
  return at;
}

function illegal(at: number): BuiltinError {
  return new BuiltinError(`illegal base64 data at input byte ${at}`);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** RFC 4648 section 5; padding that was left out is as good (RFC 7515 appendix C). */
export function decodeBase64Url(text: string): Uint8Array {
  const rest = encoder.encode(text).length % 4;
  if (rest === 0 || text.endsWith("=")) return decodeBase64(text, urlAlphabet);
  if (rest === 1) throw new BuiltinError(`illegal base64url string: ${text}`);
  return decodeBase64(text + "==".slice(rest - 2), urlAlphabet);
}

function isBase64(text: string): boolean {
  try {
    decodeBase64(text);
    return true;
  } catch {
    return false;
  }
}

function encodeHex(text: string): string {
  return [...encoder.encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function decodeHex(text: string): string {
  const bad = /[^0-9a-fA-F]/u.exec(text);
  if (bad !== null)
    throw new BuiltinError(`encoding/hex: invalid byte: ${byteText(encoder.encode(bad[0])[0] as number)}`);
  if (text.length % 2 === 1) throw new BuiltinError("encoding/hex: odd length hex string");
  return decoder.decode(Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
}

/** `%#U` of fmt: what cannot be printed is told by its number alone. */
function byteText(byte: number): string {
  const char = String.fromCharCode(byte);
  const number = `U+${byte.toString(16).toUpperCase().padStart(4, "0")}`;
  return isPrintable(char) ? `${number} '${char}'` : number;
}

/** Go's url.QueryEscape: space is +, and only unreserved characters stay. */
export function encodeQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decodeQuery(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text);
  if (bad !== null) throw new BuiltinError(`invalid URL escape "${bad[0]}"`);
  const bytes: number[] = [];
  for (const [, hex, char = ""] of text.matchAll(/%(..)|(.)/gsu)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else bytes.push(...encoder.encode(char === "+" ? " " : char));
  }
  return decoder.decode(Uint8Array.from(bytes));
}

function encodeObject(args: readonly Value[]): string {
  return sortedEntries(objectAt(args, 1))
    .map(([key, value]) => [typeof key === "string" ? key : regoText(key), value] as const)
    .sort(([a], [b]) => compareStrings(a, b))
    .flatMap(([key, value]) => {
      const values = Array.isArray(value)
        ? (value as readonly Value[])
        : value instanceof RegoSet
          ? value.sorted()
          : [value];
      return values.map((each) => {
        if (typeof each !== "string")
          throw new BuiltinError("operand 1 values must be string, array[string], or set[string]", "eval_type_error");
        return `${encodeQuery(key)}=${encodeQuery(each)}`;
      });
    })
    .join("&");
}

function decodeObject(text: string): Value {
  const result = new Map<string, string[]>();
  for (const pair of text.split("&").filter(Boolean)) {
    if (pair.includes(";")) throw new BuiltinError("invalid semicolon separator in query");
    const [key = "", ...rest] = pair.split("=");
    const name = decodeQuery(key);
    const values = result.get(name) ?? [];
    values.push(decodeQuery(rest.join("=")));
    result.set(name, values);
  }
  return RegoObject.of(result);
}

function text(name: string, compute: (text: string) => Value): Builtin {
  return { name, call: (args) => compute(stringAt(args, 1)) };
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/encoding */
export const encoding: readonly Builtin[] = [
  text("base64.encode", (each) => encodeBase64(encoder.encode(each))),
  text("base64.decode", (each) => decoder.decode(decodeBase64(each))),
  { name: "base64.is_valid", call: ([value]) => typeof value === "string" && isBase64(value) },
  text("base64url.encode", (each) => encodeBase64(encoder.encode(each), urlAlphabet)),
  text("base64url.encode_no_pad", (each) => encodeBase64(encoder.encode(each), urlAlphabet, false)),
  text("base64url.decode", (each) => decoder.decode(decodeBase64Url(each))),
  text("hex.encode", encodeHex),
  text("hex.decode", decodeHex),
  text("urlquery.encode", encodeQuery),
  text("urlquery.decode", decodeQuery),
  { name: "urlquery.encode_object", call: encodeObject },
  text("urlquery.decode_object", decodeObject),
];
