import { RegoSet, sortedEntries } from "./collection.ts";
import { Decimal } from "./decimal.ts";
import { holdsInexact } from "./json-scanner.ts";
import { type NumberValue, numberFromText, numberText } from "./number.ts";
import { compareStrings } from "./string-order.ts";
import { utf8Of } from "./utf8.ts";
import type { Value } from "./value.ts";

/**
 * Numbers that `JSON.parse` could change, or that are written in another way than JavaScript writes them: 16 or more digits in a row, an
 * exponent, a zero at the end of a fraction, six of them at its beginning, -0. Strings, as UIDs, match too.
 */
const risky = /\d{16}|\d[eE][+-]?\d|\d\.\d{15}|\d\.0{6}|\.\d*0\s*(?:[,\]}]|$)|-0\s*(?:[,\]}]|$)/;

/** Parses JSON without losing digits. Throws `SyntaxError` as `JSON.parse` does. */
export function parseJson(text: string): Value {
  if (!risky.test(text)) return JSON.parse(text) as Value;
  const { bytes, length } = utf8Of(text);
  return holdsInexact(bytes, 0, length) ? parseExactly(text) : (JSON.parse(text) as Value);
}

/** The same where some number needs it: several times slower than `JSON.parse`. */
export function parseExactly(text: string): Value {
  return JSON.parse(text, exactNumber as (key: string, value: unknown) => unknown) as Value;
}

/** Node 24 hands the reviver the source text, so exact numbers need no parser of our own. */
function exactNumber(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== "number" || context.source === undefined) return value;
  return numberFromText(context.source) ?? value;
}

/** JSON text of a value, as OPA prints it: sets as arrays, non-string keys as their JSON text, and keys by the order of that text. */
export function jsonText(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || value instanceof Decimal) return numberText(value as NumberValue);
  if (Array.isArray(value)) return "[" + value.map(jsonText).join() + "]";
  if (value instanceof RegoSet) return "[" + value.sorted().map(jsonText).join() + "]";
  const entries = textEntries(value);
  return "{" + entries.map(([key, item]) => `${JSON.stringify(key)}:${jsonText(item)}`).join() + "}";
}

/** What Go makes of an object: all keys texts, in their order. Of two that become the same text, the greater of the keys stays. */
export function textEntries(object: Value): readonly (readonly [string, Value])[] {
  const sorted = sortedEntries(object);
  if (sorted.every(([key]) => typeof key === "string")) return sorted as readonly (readonly [string, Value])[];
  const byText = new Map(sorted.map(([key, item]) => [printedKey(key), item]));
  return [...byText].sort(([a], [b]) => compareStrings(a, b));
}

/** Go makes JSON safe for HTML where nobody tells it not to, and OPA does not for keys. */
function printedKey(key: Value): string {
  if (typeof key === "string") return key;
  return jsonText(key).replace(
    /[<>&\u2028\u2029]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
