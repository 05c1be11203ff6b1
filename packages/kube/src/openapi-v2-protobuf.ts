import { Writer } from "./protobuf-writer.ts";

type Json = { readonly [field: string]: unknown };

/**
 * Encodes a document of `openApiV2` as gnostic's `openapi.v2.Document`, which kubectl before 1.27 reads alone. Of its fields, those that
 * such a document has: https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto
 */
export function encodeOpenApiV2(document: Json): Uint8Array {
  const writer = new Writer();
  const { swagger, info, paths, definitions } = document as { readonly [field: string]: Json } & { swagger: string };
  // Messages are written from their last field to their first.
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
  // ParametersItem.parameter, Parameter.non_body_parameter, NonBodyParameter.query_parameter_sub_schema.
  for (const each of ((value["parameters"] ?? []) as readonly Json[]).toReversed())
    writer.nested(8, () =>
      writer.nested(1, () => writer.nested(2, () => writer.nested(3, () => queryParameter(writer, each)))),
    );
  writer.text(5, String(value["operationId"]));
}

function response(writer: Writer, value: Json): void {
  writer.nested(1, () => writer.text(1, String(value["description"])));
}

function queryParameter(writer: Writer, value: Json): void {
  writer.text(6, String(value["type"]));
  writer.text(4, String(value["name"]));
  writer.text(2, "query");
}

function schema(writer: Writer, value: Json): void {
  extensions(writer, 31, value);
  if (value["properties"] !== undefined) writer.nested(25, () => named(writer, 1, value["properties"] as Json, schema));
  if (value["items"] !== undefined)
    writer.nested(23, () => writer.nested(1, () => schema(writer, value["items"] as Json)));
  if (value["type"] !== undefined) writer.nested(22, () => writer.text(1, String(value["type"])));
  const values = value["additionalProperties"];
  if (typeof values === "boolean") writer.nested(21, () => writer.integer(2, values ? 1 : 0));
  else if (values !== undefined) writer.nested(21, () => writer.nested(1, () => schema(writer, values as Json)));
  for (const name of ((value["required"] ?? []) as readonly string[]).toReversed()) writer.text(19, name);
  if (value["description"] !== undefined) writer.text(4, String(value["description"]));
  if (value["format"] !== undefined) writer.text(2, String(value["format"]));
  if (value["$ref"] !== undefined) writer.text(1, String(value["$ref"]));
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
