import { isObject, typeName } from "../value/access.ts";
import { cutFloat } from "../value/arithmetic.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import { bigintOf, isWrittenInteger } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError } from "./builtin.ts";
import { lower, upper } from "./go-case.ts";
import { sprintf } from "./go-format.ts";
import { checkLength } from "./length.ts";
import { integerAt, itemsAt, numberAt, stringAt, stringsAt } from "./operands.ts";
import { trimEnd } from "./trim-end.ts";

const ascii = /^[\x20-\x7e\t\n\r]*$/;

/** Characters as Go's runes; a string without others than ASCII is its own array. */
function runes(text: string): readonly string[] {
  return [...text];
}

function concat(args: readonly Value[]): Value {
  const [separator, parts] = [stringAt(args, 1), stringsAt(args, 2)];
  checkLength(parts.reduce((sum, { length }) => sum + length, separator.length * Math.max(0, parts.length - 1)));
  return parts.join(separator);
}

function indexOf(args: readonly Value[]): Value {
  const [text, search] = [stringAt(args, 1), stringAt(args, 2)];
  if (search === "") throw new BuiltinError("empty search character");
  const at = text.indexOf(search);
  return at < 0 || ascii.test(text) ? at : runes(text.slice(0, at)).length;
}

function indexOfAll(args: readonly Value[]): Value {
  const [text, search] = [stringAt(args, 1), stringAt(args, 2)];
  if (search === "") throw new BuiltinError("empty search character");
  const found: number[] = [];
  let [rune, unit] = [0, 0];
  for (let at = text.indexOf(search); at >= 0; at = text.indexOf(search, at + 1)) {
    for (; unit < at; rune++) unit += isPair(text, unit) ? 2 : 1;
    // Else it begins within a character.
    if (unit === at) found.push(rune);
  }
  return found;
}

function isPair(text: string, at: number): boolean {
  return (text.codePointAt(at) as number) > 0xffff;
}

function substring(args: readonly Value[]): Value {
  const [text, start, length] = [stringAt(args, 1), integerAt(args, 2), integerAt(args, 3)];
  if (start < 0) throw new BuiltinError("negative offset");
  const characters = ascii.test(text) ? text : runes(text);
  if (start >= characters.length) return "";
  const part = characters.slice(start, length < 0 ? undefined : start + length);
  return typeof part === "string" ? part : part.join("");
}

function split(args: readonly Value[]): Value {
  const [text, separator] = [stringAt(args, 1), stringAt(args, 2)];
  return separator === "" ? [...runes(text)] : text.split(separator);
}

/** Go's SplitN: at most n parts, the last one unsplit; none for 0, all for a negative n. */
function splitN(args: readonly Value[]): Value {
  const [text, separator, limit] = [stringAt(args, 1), stringAt(args, 2), integerAt(args, 3)];
  if (limit === 0) return [];
  const parts = separator === "" ? [...runes(text)] : text.split(separator);
  return limit < 0 ? parts.slice(limit) : parts.slice(0, limit);
}

function replace(args: readonly Value[]): Value {
  const [text, old, by] = [stringAt(args, 1), stringAt(args, 2), stringAt(args, 3)];
  const count = countOf(text, old);
  checkLength(text.length + count * Math.max(0, by.length - old.length));
  if (old === "") return between(text, by);
  if (count === 0) return text;
  // `$` means more to JavaScript.
  return by.includes("$") ? text.split(old).join(by) : text.replaceAll(old, by);
}

/** Puts something before each byte and at the end, as Go does for an empty pattern; bytes of other than ASCII are no characters. */
function between(text: string, by: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : "\ufffd",
  );
  return [by, ...bytes.map((byte) => byte + by)].join("");
}

/** How often it is in the text, without overlaps; at most between any two characters. */
function countOf(text: string, part: string): number {
  if (part === "") return text.length;
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++;
  return count;
}

function replaceN(args: readonly Value[]): Value {
  const patterns = args[0] as Value;
  if (!isObject(patterns)) throw operandTypeError(1, "object", typeName(patterns));
  const text = stringAt(args, 2);
  const pairs = sortedEntries(patterns).map(([key, value]) => {
    if (typeof key !== "string")
      throw new BuiltinError("operand 1 non-string key found in pattern object", "eval_type_error");
    if (typeof value !== "string")
      throw new BuiltinError("operand 1 non-string value found in pattern object", "eval_type_error");
    return [key, value] as const;
  });
  return replaceFirstOf(text, pairs);
}

/**
 * Go's strings.Replacer: at each place the first pattern that fits, without looking again at what was put in. Behind an empty pattern the
 * others may fit at the same place.
 */
function replaceFirstOf(text: string, pairs: readonly (readonly [string, string])[]): string {
  let result = "";
  let isBehindEmpty = false;
  for (let at = 0; at <= text.length; ) {
    const hit = pairs.find(([pattern]) => text.startsWith(pattern, at) && !(isBehindEmpty && pattern === ""));
    isBehindEmpty = hit?.[0] === "";
    result += hit === undefined ? text.charAt(at) : hit[1];
    checkLength(result.length);
    at += hit === undefined ? 1 : hit[0].length;
  }
  return result;
}

function trimLeft(text: string, cut: string): string {
  let from = 0;
  while (from < text.length) {
    const size = isPair(text, from) ? 2 : 1;
    if (!cut.includes(text.slice(from, from + size))) break;
    from += size;
  }
  return text.slice(from);
}

function trimRight(text: string, cut: string): string {
  let end = text.length;
  while (end > 0) {
    const size = end > 1 && isPair(text, end - 2) ? 2 : 1;
    if (!cut.includes(text.slice(end - size, end))) break;
    end -= size;
  }
  return text.slice(0, end);
}

function two(name: string, compute: (a: string, b: string) => Value): Builtin {
  return { name, call: (args) => compute(stringAt(args, 1), stringAt(args, 2)) };
}

function one(name: string, compute: (text: string) => Value): Builtin {
  return { name, call: (args) => compute(stringAt(args, 1)) };
}

function formatInt(args: readonly Value[]): Value {
  const value = numberAt(args, 1);
  const base = numberAt(args, 2);
  if (base !== 2 && base !== 8 && base !== 10 && base !== 16)
    throw new BuiltinError("operand 2 must be one of {2, 8, 10, 16}", "eval_type_error");
  return (isWrittenInteger(value) ? bigintOf(value) : cutFloat(value)).toString(base);
}

/** A string, or all strings of a set or array. */
function oneOrMany(args: readonly Value[], at: number): readonly string[] {
  const value = args[at - 1] as Value;
  if (typeof value === "string") return [value];
  if (!Array.isArray(value) && !(value instanceof RegoSet))
    throw operandTypeError(at, ["string", "set", "array"], typeName(value));
  return itemsAt(args, at).map((item) => {
    if (typeof item !== "string") throw holdsOther(at, typeName(value), typeName(item));
    return item;
  });
}

function holdsOther(at: number, kind: string, item: string): BuiltinError {
  return new BuiltinError(
    `operand ${at} must be ${kind} of strings but got ${kind} containing ${item}`,
    "eval_type_error",
  );
}

function anyMatch(name: string, matches: (text: string, part: string) => boolean): Builtin {
  return {
    name,
    call: (args) => {
      const [texts, parts] = [oneOrMany(args, 1), oneOrMany(args, 2)];
      return texts.some((text) => parts.some((part) => matches(text, part)));
    },
  };
}

/** White space as Go's unicode.IsSpace. */
const space = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function trimSpace(text: string): string {
  let start = 0;
  while (start < text.length && space.test(text.charAt(start))) start++;
  return trimEnd(text.slice(start), space);
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/strings */
export const strings: readonly Builtin[] = [
  { name: "concat", call: concat },
  two("contains", (text, part) => text.includes(part)),
  two("startswith", (text, part) => text.startsWith(part)),
  two("endswith", (text, part) => text.endsWith(part)),
  { name: "format_int", call: formatInt },
  { name: "indexof", call: indexOf },
  { name: "indexof_n", call: indexOfAll },
  one("lower", lower),
  one("upper", upper),
  { name: "replace", call: replace },
  { name: "strings.replace_n", call: replaceN },
  one("strings.reverse", (text) => runes(text).toReversed().join("")),
  { name: "split", call: split },
  { name: "strings.split_n", call: splitN },
  { name: "sprintf", call: (args) => sprintf(stringAt(args, 1), args[1] as Value) },
  { name: "substring", call: substring },
  two("trim", (text, cut) => trimRight(trimLeft(text, cut), cut)),
  two("trim_left", trimLeft),
  two("trim_right", trimRight),
  two("trim_prefix", (text, part) => (text.startsWith(part) ? text.slice(part.length) : text)),
  two("trim_suffix", (text, part) => (part !== "" && text.endsWith(part) ? text.slice(0, -part.length) : text)),
  one("trim_space", trimSpace),
  two("strings.count", (text, part) => (part === "" ? runes(text).length + 1 : text.split(part).length - 1)),
  anyMatch("strings.any_prefix_match", (text, part) => text.startsWith(part)),
  anyMatch("strings.any_suffix_match", (text, part) => text.endsWith(part)),
];
