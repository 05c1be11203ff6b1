import { isObject, type JsonObject, type Value } from "@sallyport/rego";

/** Base data: what is below `data`. */
export type Documents = JsonObject;

/** A document below a path. */
export function makeDocument(path: readonly string[], document: Value): Value {
  return path.reduceRight<Value>((inner, key) => withEntries([[key, inner]]), document);
}

/** Both; objects are merged key by key. Undefined when they have something else than objects at the same path. */
export function mergeDocuments(a: Documents, b: Documents): Documents | undefined {
  const merged = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const known = Object.hasOwn(a, key) ? (a[key] as Value) : undefined;
    if (known === undefined) {
      merged.set(key, value);
      continue;
    }
    if (!isObject(known) || !isObject(value)) return undefined;
    const inner = mergeDocuments(known as Documents, value as Documents);
    if (inner === undefined) return undefined;
    merged.set(key, inner);
  }
  return withEntries([...merged]);
}

/** `__proto__` is a key like others. */
function withEntries(entries: readonly (readonly [string, Value])[]): Documents {
  return Object.fromEntries(entries) as Documents;
}
