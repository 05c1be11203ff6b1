import { RegoObject, RegoSet } from "./collection.ts";
import { Decimal } from "./decimal.ts";
import type { JsonObject, TypeName, Value } from "./value.ts";

/** Rego's type of a value. */
export function typeName(value: Value): TypeName {
  if (value === null) return "null";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "boolean";
  if (typeof value !== "object" || value instanceof Decimal) return "number";
  if (Array.isArray(value)) return "array";
  return value instanceof RegoSet ? "set" : "object";
}

/** True for both kinds of object. */
export function isObject(value: Value): value is JsonObject | RegoObject {
  return value !== null && typeof value === "object" && typeName(value) === "object";
}

/** `value[key]`, or undefined: array by index, object by key, set by member (answers the member). */
export function lookup(value: Value, key: Value): Value | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if (Array.isArray(value)) return typeof key === "number" ? value[key] : undefined;
  if (value instanceof RegoObject) return value.get(key);
  if (value instanceof RegoSet) return value.has(key) ? key : undefined;
  if (value instanceof Decimal || typeof key !== "string") return undefined;
  return Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}

/** How many members, entries or items; undefined for scalars. */
export function sizeOf(value: Value): number | undefined {
  if (value === null || typeof value !== "object" || value instanceof Decimal) return undefined;
  if (Array.isArray(value)) return value.length;
  if (value instanceof RegoSet || value instanceof RegoObject) return value.size;
  return Object.keys(value).length;
}
