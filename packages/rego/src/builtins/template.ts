import { typeName } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import { jsonText, parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { parseGoJson } from "./go-json.ts";
import { printable } from "./length.ts";
import { objectAt, stringAt } from "./operands.ts";
import { parseTemplate } from "./template-parse.ts";
import { runTemplate } from "./template-run.ts";

/** The document as JSON. OPA reads its Rego text as JSON, and so refuses sets and keys that are no text. */
function documentOf(value: Value): Value {
  const fault = notJson(printable(value));
  if (fault !== undefined) parseGoJson(fault);
  return parseJson(jsonText(value));
}

/** The start of the text that is no JSON. */
function notJson(value: Value): string | undefined {
  if (value instanceof RegoSet) return notObject(value);
  if (Array.isArray(value)) return (value as readonly Value[]).map(notJson).find((each) => each !== undefined);
  if (typeName(value) !== "object") return undefined;
  const faults = sortedEntries(value).map(([key, each]) =>
    typeof key === "string" ? notJson(each) : `{${jsonText(key)}`,
  );
  return faults.find((each) => each !== undefined);
}

/** A set looks like an object without values. */
function notObject(set: RegoSet): string {
  if (set.size === 0) return "set()";
  const [first] = set.sorted() as readonly [Value];
  return first instanceof RegoSet ? "{{" : `{${jsonText(first)}${set.size === 1 ? "}" : ","}`;
}

function render(args: readonly Value[]): Value {
  const source = stringAt(args, 1);
  const document = documentOf(objectAt(args, 2) as Value);
  try {
    return runTemplate(source, parseTemplate(source), document);
  } catch (error) {
    if (error instanceof RangeError) throw new BuiltinError("template nests too deeply");
    throw error;
  }
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/strings */
export const template: readonly Builtin[] = [{ name: "strings.render_template", call: render }];
