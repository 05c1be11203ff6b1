import { isObject } from "../value/access.ts";
import { jsonText, parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, type QueryState } from "./builtin.ts";
import { isJson } from "./json.ts";
import { printable } from "./length.ts";
import type { Schema } from "./schema.ts";
import { parseSchema } from "./schema-parse.ts";
import { schemaLoader } from "./schema-remote.ts";
import { validate } from "./schema-validate.ts";

/** A document that an operand is, or has as JSON text; as JSON would have it, without sets. */
function documentFrom(operand: Value): Value {
  if (typeof operand === "string") {
    if (!isJson(operand)) throw new BuiltinError("invalid JSON string");
    return parseJson(operand);
  }
  if (!isObject(operand) && !Array.isArray(operand)) throw new BuiltinError("wrong type, expected string or object");
  return parseJson(jsonText(printable(operand)));
}

/** Schemas that one query keeps: policies use a few. */
const maxSchemas = 100;

function schemaFrom(operand: Value, state: QueryState): Schema {
  const name = "json.match_schema";
  const known = (state.cache.get(name) as Map<Value, Schema> | undefined) ?? new Map<Value, Schema>();
  state.cache.set(name, known);
  const parsed = known.get(operand) ?? parseSchema(documentFrom(operand), schemaLoader(state));
  if (known.size < maxSchemas) known.set(operand, parsed);
  return parsed;
}

function match(args: readonly Value[], state: QueryState): Value {
  const document = documentFrom(args[0] as Value);
  const faults = validate(schemaFrom(args[1] as Value, state), document);
  const errors = faults.map(({ type, field, description }) => ({
    error: `${field}: ${description}`,
    type,
    field,
    desc: description,
  }));
  return [errors.length === 0, errors];
}

function verify(args: readonly Value[], state: QueryState): Value {
  try {
    parseSchema(documentFrom(args[0] as Value), schemaLoader(state));
    return [true, null];
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    return [false, `jsonschema: ${error.message}`];
  }
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/object */
export const jsonSchema: readonly Builtin[] = [
  { name: "json.match_schema", call: match },
  { name: "json.verify_schema", call: verify },
];
