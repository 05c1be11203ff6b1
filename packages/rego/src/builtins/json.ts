import { isObject } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import { jsonText } from "../value/json.ts";
import { bigintOf, doubleOf, isWrittenInteger, type NumberValue } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import type { Builtin } from "./builtin.ts";
import { goFloat } from "./go-format.ts";
import { parseGoJson } from "./go-json.ts";
import { isNumber, stringAt } from "./operands.ts";
import { parseYaml } from "./yaml-parse.ts";

/** As Go's `json.Marshal`: what could end a script in HTML is escaped. In JSON it can only stand in strings. */
export function marshal(value: Value): string {
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return jsonText(value).replace(/[<>&\u2028\u2029]/g, escaped);
}

/** One JSON text, with nothing behind it. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isYaml(text: string): boolean {
  try {
    parseYaml(text);
    return true;
  } catch {
    return false;
  }
}

/** YAML as Go's sigs.k8s.io/yaml prints it: sorted keys, two spaces. */
function yamlText(value: Value, indent = ""): string {
  if (value instanceof RegoSet) return yamlText(value.sorted(), indent);
  if (Array.isArray(value) && value.length > 0) {
    return (value as readonly Value[])
      .map((item) => `${indent}- ${yamlText(item, `${indent}  `).trimStart()}`)
      .join("");
  }
  if (isObject(value) && sortedEntries(value).length > 0) {
    return sortedEntries(value)
      .map(
        ([key, item]) =>
          `${indent}${yamlScalar(typeof key === "string" ? key : jsonText(key))}:${yamlBelow(item, indent)}`,
      )
      .join("");
  }
  return `${indent}${yamlScalar(value)}\n`;
}

function yamlBelow(item: Value, indent: string): string {
  const isNested =
    (item instanceof RegoSet && item.size > 0) ||
    (Array.isArray(item) && item.length > 0) ||
    (isObject(item) && sortedEntries(item).length > 0);
  if (!isNested) return ` ${yamlText(item)}`;
  return `\n${yamlText(item, isObject(item) ? `${indent}  ` : indent)}`;
}

function yamlScalar(value: Value): string {
  if (isNumber(value)) return yamlNumber(value);
  if (typeof value !== "string") return jsonText(value);
  if (value === "" || isOtherYamlType(value)) return JSON.stringify(value);
  // Blanks and control characters that a plain or single-quoted text cannot hold.
  if (/[\p{C}\u{a0}\u{10000}-\u{10ffff}]/u.test(value)) return quotedYaml(value);
  return isPlainYaml(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

/** What is written as an integer of 64 bits is one in Go, all else is a float64. */
function yamlNumber(value: NumberValue): string {
  if (!isWrittenInteger(value)) return goFloat(doubleOf(value));
  const integer = bigintOf(value);
  return integer >= -(2n ** 63n) && integer < 2n ** 64n ? String(integer) : goFloat(doubleOf(value));
}

/** As libyaml escapes: what lies beyond 16 bits too. */
function quotedYaml(text: string): string {
  const escaped = (char: string): string =>
    `\\U${(char.codePointAt(0) as number).toString(16).toUpperCase().padStart(8, "0")}`;
  return JSON.stringify(text)
    .replaceAll("\\u0000", "\\0")
    .replace(/[\u{10000}-\u{10ffff}]/gu, escaped);
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

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/encoding */
export const json: readonly Builtin[] = [
  { name: "json.marshal", call: ([value]) => marshal(value as Value) },
  { name: "json.unmarshal", call: (args) => parseGoJson(stringAt(args, 1)) },
  { name: "json.is_valid", call: ([text]) => typeof text === "string" && isJson(text) },
  { name: "yaml.marshal", call: ([value]) => yamlText(value as Value) },
  { name: "yaml.unmarshal", call: (args) => parseYaml(stringAt(args, 1)) },
  {
    name: "yaml.is_valid",
    call: ([text]) => typeof text === "string" && isYaml(text),
  },
];
