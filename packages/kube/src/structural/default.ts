import { type Fields, fieldOf, isFields, type Structural } from "./schema.ts";

/** Which nulls are dropped where none may stand: all, or those alone in whose place a default comes. */
export type DroppedNulls = "all" | "defaulted";

/** Fills absent fields that have defaults, and drops nulls where none may stand. The value itself is not changed. */
export function applySchemaDefaults(value: unknown, schema: Structural, nulls: DroppedNulls = "all"): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined
      ? value
      : shared(
          value,
          value.map((item) => applySchemaDefaults(item, items, nulls)),
        );
  }
  if (!isFields(value)) return value;
  const filled: { [name: string]: unknown } = {};
  for (const [name, item] of Object.entries(value)) {
    const field = fieldOf(schema, name);
    const isAbsent =
      item === null && field !== undefined && field.nullable !== true && isDropped(schema, name, field, nulls);
    if (!isAbsent) set(filled, name, field === undefined ? item : applySchemaDefaults(item, field, nulls));
  }
  for (const [name, field] of Object.entries(schema.properties ?? {}))
    if (field.default !== undefined && !Object.hasOwn(filled, name))
      set(filled, name, applySchemaDefaults(structuredClone(field.default), field, nulls));
  return isUnchanged(value, filled) ? value : filled;
}

/** A null takes the default where there is one, and is dropped where the field is declared. */
function isDropped({ properties }: Structural, name: string, field: Structural, nulls: DroppedNulls): boolean {
  if (field.default !== undefined || nulls === "defaulted") return field.default !== undefined;
  return properties !== undefined && Object.hasOwn(properties, name);
}

function shared(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  return after.every((item, i) => item === before[i]) ? before : after;
}

function isUnchanged(before: Fields, after: Fields): boolean {
  const names = Object.keys(after);
  return names.length === Object.keys(before).length && names.every((name) => before[name] === after[name]);
}

/** `__proto__` is a key like any other. */
function set(target: { [name: string]: unknown }, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}
