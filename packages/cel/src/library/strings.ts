import type { FunctionDeclaration, Library } from "../check/environment.ts";
import { DYN, INT, listType, STRING } from "../check/type.ts";
import { escapes } from "../value/go-quoted.ts";
import { ArrayList, CelError, type ListValue, type Value } from "../value/value.ts";
import { declare, global, member } from "./declare.ts";
import { formatText } from "./string-format.ts";

const STRINGS = listType(STRING);

/** cel-go's strings extension, version 2 with `reverse` of version 3: all places and lengths are in code points. */
export const strings: Library = stringsOf({ format: formatText, isOpenEnded: false });

/** What has changed with the extension's versions. */
interface Versioned {
  /** What `format` makes of numbers, lists and maps. */
  readonly format: (text: string, args: ListValue) => Value;
  /** Whether nothing is found behind a text's end; it is a fault to look there else. */
  readonly isOpenEnded: boolean;
}

/** The same in another version. */
export function stringsOf(version: Versioned): Library {
  return { name: "strings", functions: stringFunctions(version) };
}

function stringFunctions({ format, isOpenEnded }: Versioned): readonly FunctionDeclaration[] {
  const found = (text: string, part: string, offset: bigint) =>
    isOpenEnded ? indexWithin(text, part, offset) : indexOf(text, part, offset);
  const foundLast = (text: string, part: string, offset: bigint) =>
    isOpenEnded ? lastIndexWithin(text, part, offset) : lastIndexOf(text, part, offset);
  return [
    declare("charAt", member("string_char_at_int", [STRING, INT], STRING, charAt)),
    declare(
      "indexOf",
      member("string_index_of_string", [STRING, STRING], INT, (text: string, part: string) => indexOf(text, part, 0n)),
      member("string_index_of_string_int", [STRING, STRING, INT], INT, found),
    ),
    declare(
      "lastIndexOf",
      member("string_last_index_of_string", [STRING, STRING], INT, (text: string, part: string) =>
        lastIndexOf(text, part),
      ),
      member("string_last_index_of_string_int", [STRING, STRING, INT], INT, foundLast),
    ),
    declare("lowerAscii", member("string_lower_ascii", [STRING], STRING, lowerAscii)),
    declare("upperAscii", member("string_upper_ascii", [STRING], STRING, upperAscii)),
    declare(
      "replace",
      member(
        "string_replace_string_string",
        [STRING, STRING, STRING],
        STRING,
        (text: string, old: string, by: string) => replace(text, old, by, -1n),
      ),
      member("string_replace_string_string_int", [STRING, STRING, STRING, INT], STRING, replace),
    ),
    declare(
      "split",
      member("string_split_string", [STRING, STRING], STRINGS, (text: string, separator: string) =>
        split(text, separator, -1n),
      ),
      member("string_split_string_int", [STRING, STRING, INT], STRINGS, split),
    ),
    declare(
      "substring",
      member("string_substring_int", [STRING, INT], STRING, (text: string, start: bigint) => substring(text, start)),
      member("string_substring_int_int", [STRING, INT, INT], STRING, substring),
    ),
    declare("trim", member("string_trim", [STRING], STRING, trim)),
    declare(
      "join",
      member("list_join", [STRINGS], STRING, (list: ListValue) => join(list, "")),
      member("list_join_string", [STRINGS, STRING], STRING, join),
    ),
    declare("format", member("string_format", [STRING, listType(DYN)], STRING, format)),
    declare("strings.quote", global("strings_quote", [STRING], STRING, quote)),
  ];
}

/** The last letter first; only later versions of the extension have it, and Kubernetes does not. */
export const stringReverse: Library = {
  name: "strings, version 3",
  functions: [
    declare(
      "reverse",
      member("string_reverse", [STRING], STRING, (text: string) => Array.from(text).reverse().join("")),
    ),
  ],
};

function outOfRange(index: bigint): CelError {
  return new CelError(`index out of range: ${index}`);
}

function charAt(text: string, index: bigint): Value {
  const letters = Array.from(text);
  if (index < 0n || index > BigInt(letters.length)) return outOfRange(index);
  return letters[Number(index)] ?? "";
}

function indexOf(text: string, part: string, offset: bigint): Value {
  if (part === "") return offset;
  const letters = Array.from(text);
  if (offset < 0n || offset >= BigInt(letters.length)) return offset === 0n ? -1n : outOfRange(offset);
  const wanted = Array.from(part);
  for (let at = Number(offset); at + wanted.length <= letters.length; at++)
    if (isAt(letters, wanted, at)) return BigInt(at);
  return -1n;
}

/** From a place within the text; behind its end nothing is, and an empty part is at its end. */
function indexWithin(text: string, part: string, offset: bigint): Value {
  const size = BigInt(Array.from(text).length);
  if (offset < 0n) return outOfRange(offset);
  if (part === "") return offset < size ? offset : size;
  return offset >= size ? -1n : indexOf(text, part, offset);
}

function lastIndexWithin(text: string, part: string, offset: bigint): Value {
  const size = BigInt(Array.from(text).length);
  if (offset < 0n) return outOfRange(offset);
  if (part === "") return offset < size ? offset : size;
  return offset >= size ? -1n : lastIndexOf(text, part, offset);
}

function lastIndexOf(text: string, part: string, offset?: bigint): Value {
  const letters = Array.from(text);
  if (part === "") return offset ?? BigInt(letters.length);
  if (offset !== undefined && (offset < 0n || offset >= BigInt(letters.length))) return outOfRange(offset);
  const wanted = Array.from(part);
  const last = Math.min(Number(offset ?? letters.length), letters.length - wanted.length);
  for (let at = last; at >= 0; at--) if (isAt(letters, wanted, at)) return BigInt(at);
  return -1n;
}

function isAt(letters: readonly string[], wanted: readonly string[], at: number): boolean {
  return wanted.every((letter, index) => letters[at + index] === letter);
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** A replacement that would make more letters than this is refused: its cost counts only the text that is read. */
const MAX_REPLACED = 64 * 1024 * 1024;

function replace(text: string, old: string, by: string, limit: bigint): Value {
  if (limit === 0n) return text;
  if ((text.length + 1) * by.length > MAX_REPLACED && text.split(old).length * by.length > MAX_REPLACED) {
    return new CelError(`replace makes a text of more than ${MAX_REPLACED} letters`);
  }
  const most = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit);
  if (old !== "") {
    const parts = text.split(old);
    const kept = parts.slice(0, most + 1).join(by);
    return parts.length > most + 1 ? kept + old + parts.slice(most + 1).join(old) : kept;
  }
  const letters = Array.from(text);
  return letters.map((letter, index) => (index < most ? by : "") + letter).join("") + (letters.length < most ? by : "");
}

function split(text: string, separator: string, limit: bigint): Value {
  if (limit === 0n) return new ArrayList([]);
  if (limit === 1n) return new ArrayList([text]);
  const parts = separator === "" ? Array.from(text) : text.split(separator);
  if (limit < 0n || BigInt(parts.length) <= limit) return new ArrayList(parts);
  const kept = Number(limit) - 1;
  return new ArrayList([...parts.slice(0, kept), parts.slice(kept).join(separator)]);
}

function substring(text: string, start: bigint, end?: bigint): Value {
  const letters = Array.from(text);
  const size = BigInt(letters.length);
  if (end !== undefined && start > end) return new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  if (start < 0n || start > size) return outOfRange(start);
  if (end !== undefined && (end < 0n || end > size)) return outOfRange(end);
  return letters.slice(Number(start), Number(end ?? size)).join("");
}

/** Unicode's white space as Go's `strings.TrimSpace` has it. */
function trim(text: string): string {
  return text.replace(
    /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g,
    "",
  );
}

function join(list: ListValue, separator: string): Value {
  const parts = list.elements;
  return parts.every((each) => typeof each === "string") ? parts.join(separator) : new CelError("no such overload");
}

function quote(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: just those are escaped
  const body = text.toWellFormed().replace(/["\\\x07-\r]/g, (letter) => escapes[letter] ?? letter);
  return `"${body}"`;
}
