import { isObject, type JsonObject, jsonFault, parseJson, type Value } from "@sallyport/rego";
import type { PatchOperation } from "./bundle.ts";
import { BundleError } from "./bundle-error.ts";
import { isBelowRoot } from "./roots.ts";

/** Reads `patch.json`; what lies outside the roots is refused. Throws `BundleError`. */
export function parsePatch(text: string, roots: readonly string[]): readonly PatchOperation[] {
  let json: Value;
  try {
    json = parseJson(text);
  } catch {
    throw new BundleError(`bundle load failed on patch decode: ${jsonFault(text)}`);
  }
  const list = isObject(json) && Object.hasOwn(json, "data") ? (json as JsonObject)["data"] : [];
  if (!Array.isArray(list)) throw new BundleError("bundle load failed on patch decode: data must be a list");
  return (list as readonly Value[]).map((each) => operationOf(each, roots));
}

function operationOf(json: Value, roots: readonly string[]): PatchOperation {
  const { op, path, value } = (isObject(json) ? json : {}) as { op?: Value; path?: Value; value?: Value };
  if (typeof op !== "string" || typeof path !== "string")
    throw new BundleError("bundle load failed on patch decode: op and path must be strings");
  const place = path.replace(/^\/+|\/+$/g, "");
  if (!roots.some((root) => isBelowRoot(place, root)))
    throw new BundleError(`manifest roots [${roots.join(" ")}] do not permit data patch at path '${place}'`);
  return { op, path, ...(value !== undefined && { value }) };
}

/**
 * Base data after a delta bundle: `upsert` makes what is missing on the way, `replace` and `remove` want that it is there. The data given
 * stays as it is. Throws `BundleError`.
 */
export function applyPatch(data: JsonObject, patch: readonly PatchOperation[]): JsonObject {
  return patch.reduce(applyOperation, data);
}

function applyOperation(data: JsonObject, { op, path, value = null }: PatchOperation): JsonObject {
  const keys = pointerKeys(path);
  if (op !== "upsert" && op !== "replace" && op !== "remove") throw new BundleError(`bad patch operation: ${op}`);
  const changed = changeAt(data, keys, op, value);
  if (!isObject(changed)) throw new BundleError("storage_invalid_patch_error: root must be object");
  return changed as JsonObject;
}

function pointerKeys(path: string): readonly string[] {
  const text = path.replace(/^\/+/, "");
  return text === "" ? [] : text.split("/").map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function changeAt(parent: Value, keys: readonly string[], op: "upsert" | "replace" | "remove", value: Value): Value {
  const [key, ...rest] = keys;
  if (key === undefined) return op === "remove" ? {} : value;
  if (Array.isArray(parent)) return changeItem(parent, key, rest, op, value);
  if (!isObject(parent)) throw notFound();
  const entries = new Map(Object.entries(parent));
  const child = entries.get(key) as Value | undefined;
  if (child === undefined && op !== "upsert") throw notFound();
  if (op === "remove" && rest.length === 0) entries.delete(key);
  else entries.set(key, rest.length === 0 ? value : changeAt(child ?? {}, rest, op, value));
  return Object.fromEntries(entries) as JsonObject;
}

function changeItem(
  list: readonly Value[],
  key: string,
  rest: readonly string[],
  op: "upsert" | "replace" | "remove",
  value: Value,
): Value {
  const isEnd = key === "-" && rest.length === 0 && op === "upsert";
  const index = isEnd ? list.length : /^(?:0|[1-9]\d*)$/.test(key) ? Number(key) : Number.NaN;
  const isThere = index < list.length;
  if (!isThere && !(op === "upsert" && rest.length === 0 && index === list.length)) throw notFound();
  if (op === "remove" && rest.length === 0) return list.toSpliced(index, 1);
  const item = rest.length === 0 ? value : changeAt(list[index] as Value, rest, op, value);
  return op === "upsert" && rest.length === 0 ? list.toSpliced(index, 0, item) : list.toSpliced(index, 1, item);
}

function notFound(): BundleError {
  return new BundleError("storage_not_found_error: document does not exist");
}
