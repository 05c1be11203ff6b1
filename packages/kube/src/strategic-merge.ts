import { goText } from "./go-text.ts";
import { nameOfSchema, resolveSchema, type Schema } from "./schema.ts";
import { StatusError } from "./status.ts";

type Record_ = { readonly [key: string]: unknown };

const orderPrefix = "$setElementOrder/";
const deletionPrefix = "$deleteFromPrimitiveList/";

/**
 * Strategic merge patch: lists merge by the key that the schema gives, with the directives `$patch`, `$retainKeys`,
 * `$deleteFromPrimitiveList/…` and `$setElementOrder/…`. Throws what kube-apiserver says of others.
 * https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function applyStrategicMergePatch(target: Record_, patch: Record_, schema: Schema): Record_ {
  return mergeMap(target, patch, resolveSchema(schema));
}

/** A fault of the patch alone, not of what it says. */
function badFormat(what: string): StatusError {
  return new StatusError("BadRequest", `invalid patch format of ${what}`);
}

function unknownType(type: unknown, map: Record_): StatusError {
  const shown = typeof type === "string" ? type : `%!s(${goTypeOf(type)}=${goText(type)})`;
  return new StatusError(undefined, `unknown patch type: ${shown} in map: ${goText(map)}`);
}

function goTypeOf(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "string";
  return Array.isArray(value) ? "[]interface {}" : "map[string]interface {}";
}

function mergeMap(target: Record_, patch: Record_, schema: Schema | undefined): Record_ {
  if (Object.hasOwn(patch, "$patch")) return directed(patch);
  const result = retained(target, patch);
  const ordered = mergeOrdered(result, patch, schema);
  for (const [key, value] of Object.entries(patch)) {
    if (key === "$retainKeys" || key.startsWith(orderPrefix) || ordered.has(key)) continue;
    if (key.startsWith(deletionPrefix)) deleteItems(result, key.slice(deletionPrefix.length), value, schema);
    else mergeField(result, key, value, schema);
  }
  return result;
}

function directed(patch: Record_): Record_ {
  const { $patch: directive, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  throw unknownType(directive, patch);
}

/** What `$retainKeys` leaves; it names all that the patch sets. */
function retained(target: Record_, patch: Record_): { [key: string]: unknown } {
  const keys = patch["$retainKeys"];
  if (keys === undefined) return { ...target };
  if (!Array.isArray(keys)) throw badFormat("retainKeys");
  const isNamed = ([key, value]: readonly [string, unknown]) =>
    key === "$retainKeys" || value === null || key.startsWith(orderPrefix) || key.startsWith(deletionPrefix)
      ? true
      : keys.includes(key);
  if (!Object.entries(patch).every(isNamed)) throw badFormat("retainKeys");
  return Object.fromEntries(Object.entries(target).filter(([key]) => keys.includes(key)));
}

/** Lists with an order of their own, merged and put in it; answers which. */
function mergeOrdered(
  result: { [key: string]: unknown },
  patch: Record_,
  schema: Schema | undefined,
): ReadonlySet<string> {
  const done = new Set<string>();
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    const name = key.slice(orderPrefix.length);
    const [current, items] = [result[name], patch[name]];
    for (const each of [order, current, items]) if (each !== undefined && !Array.isArray(each)) throw notList(each);
    checkField(schema, name);
    const field = fieldSchema(schema, name);
    checkOrder((items ?? []) as readonly unknown[], order as readonly unknown[], field?.pk);
    done.add(name);
    if (current === undefined && items === undefined) continue;
    const before = (current ?? []) as readonly unknown[];
    const merged =
      items === undefined
        ? before
        : current === undefined
          ? withoutDirected(items)
          : isMerged(field)
            ? mergeList(before, items as readonly unknown[], field)
            : items;
    if (field?.pk === undefined) checkKeys([...(order as readonly unknown[]), ...before]);
    if (Array.isArray(merged)) setOwn(result, name, inOrder(merged, before, order as readonly unknown[], field?.pk));
  }
  return done;
}

/** Maps in a list without a key have no place in an order. */
function checkKeys(items: readonly unknown[]): void {
  const keylessItem = items.find(isRecord);
  if (keylessItem !== undefined) throw keyless(keylessItem, "");
}

function notList(value: unknown): StatusError {
  const type = value === null ? "%!s(<nil>)" : goTypeOf(value);
  return new StatusError(undefined, `expected a []interface {}, but received a ${type}`);
}

/** Throws what Go's reflection finds where a list is to be ordered that the type does not have. */
function checkField(schema: Schema | undefined, name: string): void {
  if (schema?.p === undefined)
    throw new StatusError(undefined, "merging an object in json but data type is not struct, instead is: map");
  if (Object.hasOwn(schema.p, name)) return;
  const struct = nameOfSchema(schema).replace(/^.*\./, "");
  throw new StatusError(
    undefined,
    `unable to find api field in struct ${struct} for the json field ${JSON.stringify(name)}`,
  );
}

/** Items of the patch stand in the order, one after the other. */
function checkOrder(items: readonly unknown[], order: readonly unknown[], key: string | undefined): void {
  if (items.length === 0 || order.length === 0) return;
  const rest = items.filter((item) => !(isRecord(item) && Object.hasOwn(item, "$patch")));
  let at = 0;
  for (const place of order) if (at < rest.length && isSame(rest[at], place, key)) at++;
  if (at === rest.length) return;
  const text = `The order in patch list:\n${goText(items)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`;
  throw new StatusError(undefined, text);
}

function isSame(item: unknown, place: unknown, key: string | undefined): boolean {
  if (key === undefined) return item === place;
  return isRecord(item) && isRecord(place) && item[key] === place[key];
}

/** Maps are merged all the same: only what is no map is deleted so. */
function deleteItems(
  result: { [key: string]: unknown },
  name: string,
  gone: unknown,
  schema: Schema | undefined,
): void {
  const current = result[name];
  if (!Array.isArray(current) || !Array.isArray(gone)) return;
  checkTypes(current, gone);
  const isOfMaps = [...current, ...gone].some(isRecord);
  const left = isOfMaps
    ? mergeList(current, gone, fieldSchema(schema, name))
    : current.filter((item) => !gone.includes(item));
  setOwn(result, name, left);
}

function mergeField(result: { [key: string]: unknown }, key: string, value: unknown, schema: Schema | undefined): void {
  const field = fieldSchema(schema, key);
  const existing = Object.hasOwn(result, key) ? result[key] : undefined;
  if (value === null) delete result[key];
  else if (isRecord(value) && isRecord(existing))
    setOwn(result, key, field?.ps === "replace" ? value : mergeMap(existing, value, resolveSchema(field)));
  else if (Array.isArray(value) && Array.isArray(existing))
    setOwn(result, key, isMerged(field) ? mergeList(existing, value, field) : value);
  else {
    const taken = withoutDirected(value);
    if (taken === undefined) delete result[key];
    else setOwn(result, key, taken);
  }
}

function isMerged(field: Schema | undefined): boolean {
  return field?.ps?.includes("merge") === true;
}

function fieldSchema(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema?.p !== undefined && Object.hasOwn(schema.p, key)) return schema.p[key];
  return schema?.v;
}

function mergeList(before: readonly unknown[], patch: readonly unknown[], field: Schema | undefined): unknown {
  if (before.length + patch.length === 0) return before;
  checkTypes(before, patch);
  if (![...before, ...patch].some(isRecord))
    return inOrder([...new Set([...before, ...patch])], before, patch, undefined);
  const key = field?.pk;
  if (key === undefined) throw new StatusError(undefined, "cannot merge lists without merge key for struct");
  const records = patch as readonly Record_[];
  const [items, left] = withoutSpecial(before as readonly Record_[], records, key);
  const merged = [...left];
  for (const item of items) mergeItem(merged, item, key, field?.i);
  return inOrder(merged, left, items, key);
}

/** Items are all maps, or all of one scalar type. */
function checkTypes(before: readonly unknown[], patch: readonly unknown[]): void {
  const all = [...before, ...patch];
  if (Array.isArray(all[0])) throw new StatusError("Invalid", "lists of lists are not supported");
  if (new Set(all.map((each) => (each === null ? "nil" : goTypeOf(each)))).size > 1)
    throw new StatusError(undefined, `list element types are not identical: ${goText([before, patch])}`);
}

/** What is left of both lists when items that say what is to be done have done it: first the patch's, then those that were there. */
function withoutSpecial(
  before: readonly Record_[],
  patch: readonly Record_[],
  key: string,
): readonly [items: readonly Record_[], left: readonly unknown[]] {
  let left = before;
  let isReplaced = false;
  for (const item of patch) {
    if (!Object.hasOwn(item, "$patch")) continue;
    const { $patch: directive } = item;
    if (directive === "merge") throw new StatusError(undefined, "merging lists cannot yet be specified in the patch");
    if (directive !== "delete" && directive !== "replace") throw unknownType(directive, item);
    if (directive === "replace") isReplaced = true;
    else if (item[key] === undefined) throw keyless(item, key);
    else left = left.filter((each) => each[key] !== item[key]);
  }
  const items = patch.filter((item) => !Object.hasOwn(item, "$patch"));
  return isReplaced ? [[], items] : [items, left];
}

function keyless(item: Record_, key: string): StatusError {
  return new StatusError(undefined, `map: ${goText(item)} does not contain declared merge key: ${key}`);
}

function mergeItem(current: unknown[], item: Record_, key: string, schema: Schema | undefined): void {
  if (item[key] === undefined) throw keyless(item, key);
  const at = current.findIndex((each) => isRecord(each) && each[key] === item[key]);
  if (at < 0) current.push(withoutNulls(item));
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

/** A value that is taken as it is, without what is null, and without maps that tell how they are to be merged. */
function withoutDirected(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirected).filter((each) => each !== undefined);
  if (!isRecord(value)) return value;
  if (Object.hasOwn(value, "$patch")) return undefined;
  const kept = Object.entries(value)
    .filter(([, item]) => item !== null)
    .map(([key, item]) => [key, withoutDirected(item)] as const);
  return Object.fromEntries(kept.filter(([, item]) => item !== undefined));
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}

/** `__proto__` is a key like any other. */
function setOwn(target: { [key: string]: unknown }, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isRecord(value: unknown): value is Record_ {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
