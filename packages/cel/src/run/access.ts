import { runtimeTypeName } from "../check/type.ts";
import { formatKey } from "../value/map.ts";
import { formatDouble } from "../value/number.ts";
import { typeOf } from "../value/type-of.ts";
import { CelError, ListValue, MapValue, Optional, Struct, Uint, type Value } from "../value/value.ts";

/** A field or element, or a fault when there is none; within an optional value the answer is optional too. */
export function qualify(value: Value, key: Value): Value {
  if (value instanceof MapValue) {
    const found = value.find(key);
    return found === undefined ? new CelError(`no such key: ${formatKey(key)}`) : found;
  }
  if (value instanceof ListValue) {
    const index = listIndex(key);
    if (index === undefined) return unsupportedIndex(key);
    return index >= 0 && index < value.size ? value.at(index) : new CelError(`index out of bounds: ${formatKey(key)}`);
  }
  if (value instanceof Struct && typeof key === "string") {
    const found = value.get(key);
    return found === undefined ? new CelError(`no such field '${key}'`) : found;
  }
  if (value instanceof Optional) return qualifyIfPresent(value, key);
  return value instanceof CelError ? value : new CelError(`no such key: ${formatKey(key)}`);
}

/** The field or element as an optional value. */
export function qualifyIfPresent(value: Value, key: Value): Value {
  const inner = value instanceof Optional ? value.value : value;
  if (inner === undefined) return Optional.none;
  const isContainer = inner instanceof MapValue || inner instanceof ListValue || inner instanceof Struct;
  if (!isContainer && !(inner instanceof Optional)) return qualify(inner, key);
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
    return index === undefined ? unsupportedIndex(key) : index >= 0 && index < value.size;
  }
  if (value instanceof Struct && typeof key === "string") {
    return value.has(key) ?? new CelError(`no such field '${key}'`);
  }
  if (value instanceof Optional) return value.value === undefined ? false : isPresent(value.value, key);
  return value instanceof CelError ? value : false;
}

function unsupportedIndex(key: Value): CelError {
  if (typeof key === "number") return new CelError(`unsupported index value ${formatDouble(key)} in list`);
  return new CelError(`unsupported index type '${runtimeTypeName(typeOf(key))}' in list`);
}

function listIndex(key: Value): number | undefined {
  if (typeof key === "bigint") return Number(key);
  if (key instanceof Uint) return Number(key.value);
  return typeof key === "number" && Number.isInteger(key) ? key : undefined;
}
