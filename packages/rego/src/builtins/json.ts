import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { parseGoJson } from "./go-json.ts";
import { printable } from "./length.ts";
import { stringAt } from "./operands.ts";
import { parseYaml } from "./yaml-parse.ts";
import { yamlText } from "./yaml-text.ts";

/** As Go's `json.Marshal`: what could end a script in HTML is escaped. In JSON it can only stand in strings. */
export function marshal(value: Value): string {
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return jsonText(printable(value)).replace(/[<>&\u2028\u2029]/g, escaped);
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

// Characters that YAML forbids and JSON does not escape.
const controls = /[\x7f\x80-\x84\x86-\x9f\ufffe\uffff]/;

/** OPA makes YAML of the JSON that it reads as YAML. */
function marshalYaml(value: Value): string {
  if (controls.test(jsonText(value))) throw new BuiltinError("yaml: control characters are not allowed");
  return yamlText(value);
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/encoding */
export const json: readonly Builtin[] = [
  { name: "json.marshal", call: ([value]) => marshal(value as Value) },
  { name: "json.unmarshal", call: (args) => parseGoJson(stringAt(args, 1)) },
  { name: "json.is_valid", call: ([text]) => typeof text === "string" && isJson(text) },
  { name: "yaml.marshal", call: ([value]) => marshalYaml(printable(value as Value)) },
  { name: "yaml.unmarshal", call: (args) => parseYaml(stringAt(args, 1)) },
  {
    name: "yaml.is_valid",
    call: ([text]) => typeof text === "string" && isYaml(text),
  },
];
