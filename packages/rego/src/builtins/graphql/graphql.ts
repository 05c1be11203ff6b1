import { isObject, typeName } from "../../value/access.ts";
import type { Value } from "../../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError, type QueryState } from "../builtin.ts";
import { stringAt } from "../operands.ts";
import type { QueryDocument, SchemaDocument } from "./ast.ts";
import { documentFromJson, jsonFromDocument } from "./ast-json.ts";
import { GraphqlError, reportedError } from "./errors.ts";
import { parseQuery } from "./parse-query.ts";
import { parseSchema } from "./parse-schema.ts";
import { allRules } from "./rules/all.ts";
import { type Schema, schemaFromDocument } from "./schema.ts";
import { Walker } from "./walk.ts";

/** A schema as an operand: its document as policies see it, and what queries are validated against. */
interface ReadSchema {
  readonly json: Value;
  readonly schema: Schema;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/graphql */
export const graphql: readonly Builtin[] = [
  { name: "graphql.parse", call: (args, state) => parse(args, state) },
  {
    name: "graphql.parse_and_verify",
    call: (args, state) => {
      const documents = answered(() => parse(args, state));
      return documents === undefined ? [false, {}, {}] : [true, ...documents];
    },
  },
  { name: "graphql.parse_query", call: (args) => jsonFromDocument(readQuery(stringAt(args, 1)), "QueryDocument") },
  {
    name: "graphql.parse_schema",
    call: (args) => jsonFromDocument(readSchemaDocument(stringAt(args, 1)), "SchemaDocument"),
  },
  {
    name: "graphql.is_valid",
    call: (args, state) => answered(() => parse(args, state)) !== undefined,
  },
  {
    name: "graphql.schema_is_valid",
    call: ([schema], state) => answered(() => readSchema(schema as Value, 0, state)) !== undefined,
  },
];

/** Query and schema as documents, if the query is valid. */
function parse([query, schema]: readonly Value[], state: QueryState): readonly [Value, Value] {
  const document = queryAt(query as Value);
  const read = readSchema(schema as Value, 1, state);
  // Before validation writes into it.
  const json = jsonFromDocument(document, "QueryDocument");
  validate(read.schema, document);
  return [json, read.json];
}

/** Undefined for whatever is wrong. */
function answered<Answer>(call: () => Answer): Answer | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof BuiltinError) return undefined;
    throw error;
  }
}

function queryAt(query: Value): QueryDocument {
  if (typeof query === "string") return readQuery(query);
  if (isObject(query)) return documentFromJson(query, "QueryDocument");
  throw operandTypeError(0, ["string", "object"], typeName(query));
}

function readQuery(text: string): QueryDocument {
  return reporting(() => parseQuery(text));
}

function readSchemaDocument(text: string): SchemaDocument {
  return reporting(() => parseSchema(text));
}

/** `at` counts from 0, as OPA's messages of these operands do. */
function readSchema(schema: Value, at: number, state: QueryState): ReadSchema {
  const known = schemasOf(state).get(schema);
  if (known !== undefined) return known;
  const document = schemaDocumentAt(schema, at);
  const json = jsonFromDocument(document, "SchemaDocument");
  const read = { json, schema: converted(document) };
  schemasOf(state).set(schema, read);
  return read;
}

/** Schemas that this query has read: policies ask about many queries of one schema. */
function schemasOf({ cache }: QueryState): Map<Value, ReadSchema> {
  const known = cache.get("graphql");
  if (known !== undefined) return known as Map<Value, ReadSchema>;
  const schemas = new Map<Value, ReadSchema>();
  cache.set("graphql", schemas);
  return schemas;
}

function schemaDocumentAt(schema: Value, at: number): SchemaDocument {
  if (typeof schema === "string") return readSchemaDocument(schema);
  if (isObject(schema)) return documentFromJson(schema, "SchemaDocument");
  throw operandTypeError(at, ["string", "object"], typeName(schema));
}

function converted(document: SchemaDocument): Schema {
  try {
    return schemaFromDocument(document);
  } catch (error) {
    if (!(error instanceof GraphqlError)) throw error;
    throw new BuiltinError(`Error in gqlparser SchemaDocument to Schema conversion: ${error.text}`);
  }
}

function reporting<Document>(read: () => Document): Document {
  try {
    return read();
  } catch (error) {
    throw error instanceof GraphqlError ? reportedError(error.text) : error;
  }
}

function validate(schema: Schema, document: QueryDocument): void {
  const faults: string[] = [];
  const walker = new Walker(schema, document, allRules, (message, position) => {
    faults.push(`${new GraphqlError(message, position).text}\n`);
  });
  reporting(() => walker.walk());
  if (faults.length > 0) throw reportedError(faults.join(""));
}
