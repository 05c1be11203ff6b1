import { isObject, typeName } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import { textEntries } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { regoText } from "./go-format.ts";
import { marshal } from "./json.ts";
import { printable } from "./length.ts";
import { objectAt } from "./operands.ts";

interface Layout {
  readonly isPretty: boolean;
  readonly prefix: string;
  readonly indent: string;
}

function fault(message: string): BuiltinError {
  return new BuiltinError(`operand 2 ${message}`, "eval_type_error");
}

/** A prefix or an indent alone asks for more than one line. */
function readLayout(args: readonly Value[]): Layout {
  let isPretty: boolean | undefined;
  const texts = { prefix: undefined as string | undefined, indent: undefined as string | undefined };
  for (const [i, [key, value]] of sortedEntries(objectAt(args, 2)).entries()) {
    if (typeof key !== "string")
      throw fault(
        `failed to stringify key ${regoText(key)} at index ${i}: operand 0 must be string but got ${typeName(key)}`,
      );
    if (key === "pretty") {
      if (typeof value !== "boolean") throw fault('key "pretty" failed cast to bool');
      isPretty = value;
    } else if (key === "prefix" || key === "indent") {
      if (typeof value !== "string")
        throw fault(`key "${key}" failed cast to string: operand 0 must be string but got ${typeName(value)}`);
      texts[key] = value;
    } else throw fault(`object contained unknown key ${regoText(key)}`);
  }
  const { prefix, indent } = texts;
  return {
    isPretty: isPretty ?? (prefix !== undefined || indent !== undefined),
    prefix: prefix ?? "",
    indent: indent ?? "\t",
  };
}

/** As Go's `json.Indent`: empty collections stay on their line. */
function prettyText(value: Value, start: string, indent: string): string {
  const inner = start + indent;
  const lines = linesOf(value)?.map(([key, item]) => {
    const name = key === undefined ? "" : `${marshal(key)}: `;
    return `${inner}${name}${prettyText(item, inner, indent)}`;
  });
  if (lines === undefined || lines.length === 0) return marshal(value);
  const [open, close] = isObject(value) ? ["{", "}"] : ["[", "]"];
  return `${open}\n${lines.join(",\n")}\n${start}${close}`;
}

function linesOf(value: Value): readonly (readonly [string | undefined, Value])[] | undefined {
  if (isObject(value)) return textEntries(value);
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => [undefined, item]);
  return value instanceof RegoSet ? value.sorted().map((item) => [undefined, item]) : undefined;
}

function marshalWithOptions(args: readonly Value[]): Value {
  const { isPretty, prefix, indent } = readLayout(args);
  const value = printable(args[0] as Value);
  return isPretty ? prefix + prettyText(value, prefix, indent) : marshal(value);
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/encoding */
export const jsonPretty: readonly Builtin[] = [{ name: "json.marshal_with_options", call: marshalWithOptions }];
