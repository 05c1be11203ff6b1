import { formatKey } from "../value/map.ts";
import { CelError, ListValue, MapValue, Optional, Struct, Uint, type Value } from "../value/value.ts";

/** A field or element, or a fault when there is none; within an optional value the answer is optional too. */
export function qualify(value: Value, key: Value): Value {
  if (value instanceof MapValue) return value.find(key) ?? new CelError(`no such key: ${formatKey(key)}`);
  if (value instanceof ListValue) {
    const index = listIndex(key);
    if (index === undefined) return new CelError(`unsupported index type in list`);
    return index >= 0 && index < value.size ? value.at(index) : new CelError(`index out of bounds: ${formatKey(key)}`);
  }
  if (value instanceof Struct && typeof key === "string")
    return value.get(key) ?? new CelError(`no such field '${key}'`);
  if (value instanceof Optional) return qualifyIfPresent(value, key);
  return value instanceof CelError ? value : new CelError(`no such key: ${formatKey(key)}`);
}

/** The field or element as an optional value. */
export function qualifyIfPresent(value: Value, key: Value): Value {
  const inner = value instanceof Optional ? value.value : value;
  if (inner === undefined) return Optional.none;
  const present = isPresent(inner, key);
  if (present instanceof CelError) return present;
  if (!present) return Optional.none;
  const found = qualify(inner, key);
  return found instanceof CelError ? found : new Optional(found);
}

/** Whether a field is set or an element there: what `has()` asks. */
export function isPresent(value: Value, key: Value): boolean | CelError {
  if (value instanceof MapValue) return value.has(key);
  if (value instanceof ListValue) {
    const index = listIndex(key);
    return index === undefined ? new CelError("no such overload") : index >= 0 && index < value.size;
  }
  if (value instanceof Struct && typeof key === "string") {
    return value.has(key) ?? new CelError(`no such field '${key}'`);
  }
  if (value instanceof Optional) return value.value === undefined ? false : isPresent(value.value, key);
  return value instanceof CelError ? value : new CelError("no such overload");
}

function listIndex(key: Value): number | undefined {
  if (typeof key === "bigint") return Number(key);
  if (key instanceof Uint) return Number(key.value);
  return typeof key === "number" && Number.isInteger(key) ? key : undefined;
}
