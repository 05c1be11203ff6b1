import { createPatch, type Operation } from "rfc6902";
import { goText } from "./go-text.ts";
import { resolveSchema, type Schema } from "./schema.ts";
import { StatusError } from "./status.ts";

type Record_ = { readonly [key: string]: unknown };

/** The operations that turn one object into another. */
export function diffObjects(before: unknown, after: unknown): readonly Operation[] {
  return createPatch(before, after);
}

/** RFC 7396. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: { [key: string]: unknown } = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setOwn(result, key, applyMergePatch(result[key], value));
  }
  return result;
}

/**
 * Strategic merge patch: lists merge by the key that the schema gives, with the directives `$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList/…` and `$setElementOrder/…`.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function applyStrategicMergePatch(target: Record_, patch: Record_, schema: Schema): Record_ {
  return mergeMap(target, patch, resolveSchema(schema));
}

function mergeMap(target: Record_, patch: Record_, schema: Schema | undefined): Record_ {
  const directive = patch["$patch"];
  if (directive === "replace") return withoutDirectives(patch);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge")
    throw new StatusError(undefined, `unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  let result: { [key: string]: unknown } = { ...target };
  const retain = patch["$retainKeys"];
  if (retain !== undefined && !Array.isArray(retain))
    throw new StatusError("BadRequest", "invalid patch format of retainKeys");
  if (Array.isArray(retain))
    result = Object.fromEntries(Object.entries(result).filter(([key]) => retain.includes(key)));
  for (const [key, value] of Object.entries(patch)) {
    if (key === "$patch" || key === "$retainKeys" || key.startsWith("$setElementOrder/")) continue;
    if (key.startsWith("$deleteFromPrimitiveList/")) {
      const name = key.slice("$deleteFromPrimitiveList/".length);
      const gone = value as readonly unknown[];
      if (Array.isArray(result[name]))
        result[name] = (result[name] as unknown[]).filter((item) => !gone.includes(item));
    } else mergeField(result, key, value, patch, schema);
  }
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith("$setElementOrder/")) continue;
    if (!Array.isArray(order))
      throw new StatusError(undefined, `expected a []interface {}, but received a ${typeof order}`);
    const name = key.slice("$setElementOrder/".length);
    const items = result[name];
    if (Array.isArray(items) && patch[name] === undefined)
      setOwn(result, name, inOrder(items, items, order as readonly unknown[], fieldSchema(schema, name)?.pk));
  }
  return result;
}

function mergeField(
  result: { [key: string]: unknown },
  key: string,
  value: unknown,
  patch: Record_,
  schema: Schema | undefined,
): void {
  const field = fieldSchema(schema, key);
  const existing = result[key];
  if (value === null) delete result[key];
  else if (Array.isArray(value))
    setOwn(result, key, mergeList(existing, value, field, patch[`$setElementOrder/${key}`]));
  else if (isRecord(value)) {
    const inner = isRecord(existing) && field?.mt !== "atomic" ? existing : {};
    const merged = mergeMap(inner, value, resolveSchema(field));
    if (value["$patch"] === "delete") delete result[key];
    else setOwn(result, key, merged);
  } else setOwn(result, key, value);
}

function fieldSchema(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema?.p !== undefined && Object.hasOwn(schema.p, key)) return schema.p[key];
  return schema?.v;
}

function mergeList(existing: unknown, patch: readonly unknown[], field: Schema | undefined, order: unknown): unknown {
  const strategy = field?.ps ?? "";
  if (!strategy.includes("merge")) return patch.map(stripItem);
  // What was not there is taken as it comes.
  if (!Array.isArray(existing) && !patch.some((item) => isRecord(item) && item["$patch"] !== undefined))
    return inOrder(patch.map(stripItem), [], Array.isArray(order) ? order : patch, field?.pk);
  const current = Array.isArray(existing) ? [...(existing as unknown[])] : [];
  const key = field?.pk;
  if (key === undefined) {
    const all = [...current, ...patch.filter((item) => !current.includes(item))];
    return inOrder(all, current, Array.isArray(order) ? order : patch, undefined);
  }
  if (patch.some((item) => isRecord(item) && item["$patch"] === "replace" && item[key] === undefined)) {
    return patch
      .filter((item) => !(isRecord(item) && item["$patch"] === "replace" && item[key] === undefined))
      .map(stripItem);
  }
  const before = [...current];
  for (const item of patch) mergeItem(current, item, key, field?.i);
  return inOrder(current, before, Array.isArray(order) ? order : patch, key);
}

function mergeItem(current: unknown[], item: unknown, key: string, schema: Schema | undefined): void {
  if (!isRecord(item) || item[key] === undefined) {
    throw new StatusError(undefined, `map: ${goText(item)} does not contain declared merge key: ${key}`);
  }
  const at = current.findIndex((each) => isRecord(each) && each[key] === item[key]);
  if (item["$patch"] === "delete") {
    if (at >= 0) current.splice(at, 1);
  } else if (at < 0) current.push(withoutDirectives(item));
  else current[at] = mergeMap(current[at] as Record_, item, resolveSchema(schema));
}

/**
 * Listed items in the given order; each other one stays before the next listed one that it stood before. So those that are new come
 * first, as in kube-apiserver.
 */
function inOrder(
  items: readonly unknown[],
  before: readonly unknown[],
  order: readonly unknown[],
  key: string | undefined,
): unknown[] {
  const identity = (item: unknown) => (key !== undefined && isRecord(item) ? (item[key] ?? null) : item);
  const position = new Map(order.map((item, i) => [identity(item), i]));
  const place = new Map(before.map((item, i) => [identity(item), i]));
  const others = items.filter((item) => !position.has(identity(item)));
  const listed = items
    .filter((item) => position.has(identity(item)))
    .sort((a, b) => (position.get(identity(a)) as number) - (position.get(identity(b)) as number));
  const result: unknown[] = [];
  for (const item of listed) {
    const at = place.get(identity(item)) ?? -1;
    while (others.length > 0 && (place.get(identity(others[0])) as number) < at) result.push(others.shift());
    result.push(item);
  }
  return [...result, ...others];
}

function stripItem(item: unknown): unknown {
  return isRecord(item) ? withoutDirectives(item) : item;
}

function withoutDirectives(value: Record_): Record_ {
  const kept = Object.entries(value).filter(
    ([key]) => !/^\$(patch|retainKeys|setElementOrder\/|deleteFromPrimitiveList\/)/.test(key),
  );
  return Object.fromEntries(
    kept
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, Array.isArray(item) ? item.map(stripItem) : stripItem(item)]),
  );
}

/** `__proto__` is a key like any other. */
function setOwn(target: { [key: string]: unknown }, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isRecord(value: unknown): value is Record_ {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
