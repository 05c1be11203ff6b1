import { typeName } from "../../value/access.ts";
import { jsonText } from "../../value/json.ts";
import type { JsonObject, Value } from "../../value/value.ts";
import { BuiltinError } from "../builtin.ts";
import { printable } from "../length.ts";
import type { QueryDocument, SchemaDocument, Selection } from "./ast.ts";
import { type Shape, type ShapeName, structOf } from "./shapes.ts";

const selectionShapes = { field: "Field", spread: "FragmentSpread", inline: "InlineFragment" } as const;

/** A document as policies see it: without positions, and without what is empty. */
export function jsonFromDocument(document: QueryDocument | SchemaDocument, name: ShapeName): Value {
  return jsonFromNode(document, name) ?? {};
}

/** Undefined for what is left out. */
function jsonFromShape(value: unknown, shape: Shape): Value | undefined {
  if (value === undefined) return undefined;
  if (typeof shape !== "string") {
    const items = (value as unknown[])
      .map((item) => jsonFromShape(item, shape[0]))
      .filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  return isScalar(shape) ? (value as Value) : jsonFromNode(value as object, shape);
}

function isScalar(shape: Shape): shape is "string" | "bool" | "int" {
  return shape === "string" || shape === "bool" || shape === "int";
}

function jsonFromNode(node: object, name: ShapeName): JsonObject | undefined {
  const struct = structOf(name === "Selection" ? selectionShapes[(node as Selection).kind] : name);
  const entries = Object.entries(struct.fields).flatMap(([field, shape]): [string, Value][] => {
    const json = jsonFromShape((node as { [field: string]: unknown })[field], shape);
    return json === undefined ? [] : [[field, json]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Reads a document that came as an object, as Go's encoding/json does. Throws `BuiltinError` for fields of wrong types. */
export function documentFromJson<Document extends QueryDocument | SchemaDocument>(
  value: Value,
  name: "QueryDocument" | "SchemaDocument",
): Document {
  return decodeStruct(JSON.parse(jsonText(printable(value))) as Value, name) as Document;
}

function decode(json: Value, shape: Shape, place: string): unknown {
  if (typeof shape !== "string") {
    if (json === null) return [];
    if (!Array.isArray(json)) throw mismatch(json, place, "list");
    const [item] = shape;
    return item === "Selection"
      ? decodeSelections(json)
      : json.map((each) => decode(each, item, place) ?? fail(each, place, "item"));
  }
  if (json === null) return zero(shape);
  switch (shape) {
    case "string":
      return typeof json === "string" ? json : fail(json, place, "string");
    case "bool":
      return typeof json === "boolean" ? json : fail(json, place, "bool");
    case "int":
      return typeof json === "number" && Number.isInteger(json) ? json : fail(json, place, "ast.ValueKind");
    default:
      return decodeStruct(json, shape);
  }
}

function zero(shape: Shape): unknown {
  if (shape === "string") return "";
  if (shape === "bool") return false;
  return shape === "int" ? 0 : typeof shape === "string" ? undefined : [];
}

function decodeStruct(json: Value, name: ShapeName): object {
  const { fields, decoded, required = [] } = structOf(name);
  if (json === null || typeof json !== "object" || Array.isArray(json)) throw mismatch(json, name, `ast.${name}`);
  const node: { [field: string]: unknown } = {};
  for (const [field, shape] of Object.entries(fields)) node[field] = zero(shape);
  for (const [key, value] of Object.entries(json as JsonObject)) {
    const field = decoded === undefined ? fieldInAnyCase(fields, key) : decoded.find((each) => each === key);
    if (field !== undefined) node[field] = decode(value, fields[field] as Shape, `${name}.${field}`);
  }
  const missing = required.find((field) => node[field] === undefined);
  if (missing !== undefined) throw new BuiltinError(`${name} without ${missing}`);
  // Not of the JSON, but of every such node.
  if (name === "Definition") node.TypePositions = [];
  return node;
}

function fieldInAnyCase(fields: { readonly [field: string]: Shape }, key: string): string | undefined {
  if (Object.hasOwn(fields, key)) return key;
  return Object.keys(fields).find((field) => field.toLowerCase() === key.toLowerCase());
}

/**
 * gqlparser takes everything for a field that could be one: fragments that came as JSON are fields without a name.
 * What can be nothing is dropped.
 */
function decodeSelections(items: readonly Value[]): Selection[] {
  return items.flatMap((json): Selection[] => {
    for (const kind of ["field", "spread", "inline"] as const) {
      try {
        const node = decodeStruct(json ?? {}, selectionShapes[kind]);
        return [{ ...node, kind } as Selection];
      } catch (error) {
        if (!(error instanceof BuiltinError)) throw error;
      }
    }
    return [];
  });
}

function fail(json: Value, place: string, wanted: string): never {
  throw mismatch(json, place, wanted);
}

function mismatch(json: Value, place: string, wanted: string): BuiltinError {
  const found = json !== null && typeof json === "number" ? `number` : typeName(json).replace("boolean", "bool");
  return new BuiltinError(`json: cannot unmarshal ${found} into Go struct field ${place} of type ${wanted}`);
}
