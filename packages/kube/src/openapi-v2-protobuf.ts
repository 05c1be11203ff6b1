import { Writer } from "./protobuf-writer.ts";

type Json = { readonly [field: string]: unknown };

/**
 * Encodes a document of `openApiV2` as gnostic's `openapi.v2.Document`, which kubectl before 1.27 reads alone. Of its fields, those that
 * such a document has: https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto
 */
export function encodeOpenApiV2(document: Json): Uint8Array {
  const writer = new Writer();
  const {
    swagger,
    info,
    paths,
    definitions,
    parameters = {},
  } = document as { readonly [field: string]: Json } & { swagger: string };
  // Messages are written from their last field to their first.
  writer.nested(10, () => named(writer, 1, parameters as Json, parameter));
  writer.nested(9, () => named(writer, 1, definitions as Json, schema));
  writer.nested(8, () => named(writer, 2, paths as Json, pathItem));
  writer.nested(2, () => {
    writer.text(2, String((info as Json)["version"]));
    writer.text(1, String((info as Json)["title"]));
  });
  writer.text(1, swagger);
  return writer.bytes();
}

type Write = (writer: Writer, value: Json) => void;

/** A map as gnostic has it: a list of names with values. */
function named(writer: Writer, field: number, values: Json, write: Write): void {
  for (const [name, value] of Object.entries(values).reverse())
    writer.nested(field, () => {
      writer.nested(2, () => write(writer, value as Json));
      writer.text(1, name);
    });
}

const methodFields = { patch: 8, delete: 5, post: 4, put: 3, get: 2 };

function pathItem(writer: Writer, item: Json): void {
  for (const [method, field] of Object.entries(methodFields))
    if (item[method] !== undefined) writer.nested(field, () => operation(writer, item[method] as Json));
}

function operation(writer: Writer, value: Json): void {
  extensions(writer, 13, value);
  writer.nested(9, () => named(writer, 1, value["responses"] as Json, response));
  // ParametersItem.parameter or .json_reference.
  for (const each of ((value["parameters"] ?? []) as readonly Json[]).toReversed())
    writer.nested(8, () => {
      if (each["$ref"] === undefined) writer.nested(1, () => parameter(writer, each));
      else writer.nested(2, () => writer.text(1, String(each["$ref"])));
    });
  writer.text(5, String(value["operationId"]));
  optionalText(writer, 3, value["description"]);
}

// ResponseValue.response; SchemaItem.schema.
function response(writer: Writer, value: Json): void {
  writer.nested(1, () => {
    if (value["schema"] !== undefined)
      writer.nested(2, () => writer.nested(1, () => schema(writer, value["schema"] as Json)));
    writer.text(1, String(value["description"]));
  });
}

// Parameter.body_parameter, or Parameter.non_body_parameter and NonBodyParameter.query_parameter_sub_schema.
function parameter(writer: Writer, value: Json): void {
  if (value["in"] === "body") writer.nested(1, () => bodyParameter(writer, value));
  else writer.nested(2, () => writer.nested(3, () => queryParameter(writer, value)));
}

function bodyParameter(writer: Writer, value: Json): void {
  writer.nested(5, () => schema(writer, value["schema"] as Json));
  writer.text(3, "body");
  writer.text(2, String(value["name"]));
}

function queryParameter(writer: Writer, value: Json): void {
  writer.text(6, String(value["type"]));
  writer.text(4, String(value["name"]));
  optionalText(writer, 3, value["description"]);
  writer.text(2, "query");
}

function optionalText(writer: Writer, field: number, value: unknown): void {
  if (value !== undefined) writer.text(field, String(value));
}

function schema(writer: Writer, value: Json): void {
  extensions(writer, 31, value);
  if (value["properties"] !== undefined) writer.nested(25, () => named(writer, 1, value["properties"] as Json, schema));
  if (value["items"] !== undefined)
    writer.nested(23, () => writer.nested(1, () => schema(writer, value["items"] as Json)));
  if (value["type"] !== undefined) writer.nested(22, () => writer.text(1, String(value["type"])));
  if (value["additionalProperties"] !== undefined)
    writer.nested(21, () => additional(writer, value["additionalProperties"] as Json | boolean));
  for (const each of ((value["enum"] ?? []) as readonly string[]).toReversed())
    writer.nested(20, () => writer.text(2, `${JSON.stringify(each)}\n`));
  for (const name of ((value["required"] ?? []) as readonly string[]).toReversed()) writer.text(19, name);
  optionalText(writer, 13, value["pattern"]);
  optionalText(writer, 4, value["description"]);
  optionalText(writer, 3, value["title"]);
  optionalText(writer, 2, value["format"]);
  optionalText(writer, 1, value["$ref"]);
}

// AdditionalPropertiesItem.schema or .boolean.
function additional(writer: Writer, value: Json | boolean): void {
  if (typeof value === "boolean") writer.integer(2, Number(value));
  else writer.nested(1, () => schema(writer, value));
}

/** Vendor extensions carry their values as YAML, of which JSON is a part. */
function extensions(writer: Writer, field: number, value: Json): void {
  for (const [name, each] of Object.entries(value).reverse())
    if (name.startsWith("x-"))
      writer.nested(field, () => {
        writer.nested(2, () => writer.text(2, `${JSON.stringify(each)}\n`));
        writer.text(1, name);
      });
}
