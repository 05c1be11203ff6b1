import { isObject, sizeOf } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import { jsonText } from "../value/json.ts";
import { bigintOf, doubleOf, isWrittenInteger, type NumberValue } from "../value/number.ts";
import { compareStrings } from "../value/string-order.ts";
import type { Value } from "../value/value.ts";
import { goFloat } from "./go-float.ts";
import { isNumber } from "./operands.ts";
import { trimEnd } from "./trim-end.ts";

export type { Value };

/** YAML as Go's sigs.k8s.io/yaml prints it: sorted keys, two spaces. */
export function yamlText(value: Value, indent = ""): string {
  if (value instanceof RegoSet) return yamlText(value.sorted(), indent);
  if (Array.isArray(value) && value.length > 0) {
    return (value as readonly Value[]).map((item) => `${indent}- ${yamlItem(item, `${indent}  `)}`).join("");
  }
  if (isObject(value) && sizeOf(value) !== 0) {
    return sortedEntries(value)
      .map(([key, item]) => [typeof key === "string" ? key : jsonText(key), item] as const)
      .sort(([a], [b]) => compareKeys(a, b))
      .map(([key, item]) => yamlEntry(key, item, indent))
      .join("");
  }
  return `${indent}${yamlLines(value, indent === "" ? "  " : indent, indent.length)}\n`;
}

function yamlItem(item: Value, indent: string): string {
  return isNested(item) ? yamlText(item, indent).trimStart() : `${yamlLines(item, indent, indent.length)}\n`;
}

/** A key of more bytes, or of several lines, stands behind a question mark. */
const maxSimpleKey = 128;

function isSimpleKey(key: string): boolean {
  if (/[\n\x85\u2028\u2029]/.test(key)) return false;
  return key.length <= maxSimpleKey / 3 || new TextEncoder().encode(key).length <= maxSimpleKey;
}

function yamlEntry(name: string, item: Value, indent: string): string {
  const inner = `${indent}  `;
  if (!isSimpleKey(name))
    return `${indent}? ${yamlLines(name, inner, inner.length)}\n${indent}: ${yamlItem(item, inner)}`;
  const key = yamlScalar(name);
  if (isNested(item)) return `${indent}${key}:\n${yamlText(item, isObject(item) ? inner : indent)}`;
  return `${indent}${key}: ${yamlLines(item, inner, indent.length + key.length + 2)}\n`;
}

function isNested(item: Value): boolean {
  return (item instanceof RegoSet || Array.isArray(item) || isObject(item)) && sizeOf(item) !== 0;
}

/** A scalar or an empty collection, which may go on in lines of this indent; it begins in this column. */
function yamlLines(value: Value, indent: string, column: number): string {
  if (typeof value === "string" && isBlock(value)) return block(value, indent);
  const text = yamlScalar(value);
  return text.startsWith('"') ? foldedQuoted(text, indent, column) : folded(text, indent, column);
}

/** True for what is written line by line behind a `|`. */
function isBlock(text: string): boolean {
  return text.includes("\n") && !/ \n| $/.test(text) && !unprintable.test(text.replaceAll("\n", ""));
}

function block(text: string, indent: string): string {
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const ends = text.length - trimEnd(text, /\n/).length;
  const chomping = ends === 0 ? "-" : ends === 1 && text !== "\n" ? "" : "+";
  const lines = text.replace(/\n$/, "").split("\n");
  return `|${hint}${chomping}\n${lines.map((line) => (line === "" ? "" : indent + line)).join("\n")}`;
}

/** Behind this column a line ends at the next space. */
const bestWidth = 80;

function folded(text: string, indent: string, start: number): string {
  let result = "";
  let column = start;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const isBreak = char === " " && column > bestWidth && text[i - 1] !== " " && text[i + 1] !== " ";
    result += isBreak ? `\n${indent}` : char;
    column = isBreak ? indent.length : column + 1;
  }
  return result;
}

/** A text in double quotes ends a line at the first of several spaces, too; the next line then begins with a backslash. */
function foldedQuoted(text: string, indent: string, start: number): string {
  let result = "";
  let column = start;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    const isWithin = i > 1 && i < text.length - 2;
    if (char === " " && isWithin && column > bestWidth && text[i - 1] !== " ") {
      const more = text[i + 1] === " " ? "\\" : "";
      result += `\n${indent}${more}`;
      column = indent.length + more.length;
    } else {
      result += char;
      column++;
    }
  }
  return result;
}

/** Signs, digits, letters; runs of digits by the number that they are: `_`, `9`, `10`, `A`, `a2`, `a10`. */
function compareKeys(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (at === a.length || at === b.length) return a.length - b.length;
  const letters = Number(isLetter(a, at)) - Number(isLetter(b, at));
  if (letters !== 0) return letters;
  if (!isLetter(a, at)) {
    while (at > 0 && /\d/.test(a.charAt(at - 1))) at--;
    const [left, right] = [digitsAt(a, at), digitsAt(b, at)];
    const order = Number(left) - Number(right) || left.length - right.length;
    if (order !== 0) return order;
  }
  return compareStrings(a, b);
}

function isLetter(text: string, at: number): boolean {
  return /^\p{L}/u.test(text.slice(at, at + 2));
}

function digitsAt(text: string, at: number): string {
  return /^\d*/.exec(text.slice(at))?.[0] ?? "";
}

/** Characters that only a text in double quotes can hold. */
const unprintable = /[\p{Cc}\p{Cs}\ufeff\ufffe\uffff\u{10000}-\u{10ffff}]/u;

function yamlScalar(value: Value): string {
  if (isNumber(value)) return yamlNumber(value);
  if (typeof value !== "string") return jsonText(value);
  if (value === "" || isOtherYamlType(value) || unprintable.test(value)) return quotedYaml(value);
  return isPlainYaml(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

/** What is written as an integer of 64 bits is one in Go, all else is a float64. */
function yamlNumber(value: NumberValue): string {
  if (!isWrittenInteger(value)) return goFloat(doubleOf(value));
  const integer = bigintOf(value);
  return integer >= -(2n ** 63n) && integer < 2n ** 64n ? String(integer) : goFloat(doubleOf(value));
}

const escapes: { readonly [char: string]: string } = {
  "\0": "\\0",
  "\x07": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  "\x1b": "\\e",
  '"': '\\"',
  "\\": "\\\\",
  "\x85": "\\N",
  "\u2028": "\\L",
  "\u2029": "\\P",
};

/** As libyaml escapes: behind a byte order mark, everything. */
function quotedYaml(text: string): string {
  const isMarked = text.startsWith("\ufeff");
  const chars = [...text].map((char) => {
    const known = escapes[char];
    if (known !== undefined) return known;
    return isMarked || unprintable.test(char) ? hexEscape(char.codePointAt(0) as number) : char;
  });
  return `"${chars.join("")}"`;
}

function hexEscape(code: number): string {
  const [letter, width] = code <= 0xff ? ["x", 2] : code <= 0xffff ? ["u", 4] : ["U", 8];
  return `\\${letter}${code
    .toString(16)
    .toUpperCase()
    .padStart(width as number, "0")}`;
}

/** What YAML 1.1 would read as something else than a text. */
function isOtherYamlType(text: string): boolean {
  return (
    /^(?:true|false|yes|no|on|off|null|y|n|~)$/i.test(text) ||
    /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*)$/.test(text) ||
    /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text) ||
    /^(?:[-+]?\.inf|\.nan)$/i.test(text) ||
    /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt]|[ \t])/.test(text)
  );
}

function isPlainYaml(text: string): boolean {
  if (/^[\s,[\]{}#&*!|>'"%@`]|\s$|^[-?:](?:\s|$)|^(?:---|\.\.\.)/.test(text)) return false;
  return !/: |:$| #/.test(text);
}
