import { isObject } from "../value/access.ts";
import type { JsonObject, Value } from "../value/value.ts";

/** A document below a path of keys. `__proto__` is a key like others. */
export function placeDocument(path: readonly string[], document: Value): Value {
  return path.reduceRight<Value>((inner, key) => Object.fromEntries([[key, inner]]) as JsonObject, document);
}

/** Both; objects are merged key by key. Undefined when they have something else than objects at the same path. */
export function mergeDocuments(a: JsonObject, b: JsonObject): JsonObject | undefined {
  const merged = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const known = Object.hasOwn(a, key) ? (a[key] as Value) : undefined;
    if (known === undefined) {
      merged.set(key, value);
      continue;
    }
    if (!isObject(known) || !isObject(value)) return undefined;
    const inner = mergeDocuments(known as JsonObject, value as JsonObject);
    if (inner === undefined) return undefined;
    merged.set(key, inner);
  }
  return Object.fromEntries(merged) as JsonObject;
}
