import type { KubeObject } from "../object.ts";
import { type GoField, messageOfSchema, structFields } from "./fields.ts";

/**
 * An object as it comes back from a store of protobuf: lists in which nothing is are none. `schema` is its type's name in OpenAPI; free
 * JSON in it stays as it is.
 */
export function withoutEmptyLists(object: KubeObject, schema: string): KubeObject {
  // Few objects have such a list, and this is cheap to find out.
  return hasEmptyList(object) ? (ofStruct(object, messageOfSchema(schema)) as KubeObject) : object;
}

function hasEmptyList(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.length === 0 || value.some(hasEmptyList);
  for (const name in value) if (hasEmptyList((value as { readonly [name: string]: unknown })[name])) return true;
  return false;
}

function ofStruct(value: unknown, message: string): unknown {
  const fields = message.includes(".JSONSchemaPropsOr") ? undefined : structFields(message);
  if (fields === undefined || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const field = fields.get(name);
      return [name, field === undefined ? item : ofField(item, field)];
    }),
  );
}

function ofField(value: unknown, { type, repeated, map }: GoField): unknown {
  if (repeated && Array.isArray(value)) return value.length === 0 ? null : value.map((each) => ofStruct(each, type));
  if (!map || typeof value !== "object" || value === null) return ofStruct(value, type);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, ofStruct(each, type)]));
}
