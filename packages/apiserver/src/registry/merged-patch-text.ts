import { findSchema, goText, type ResourceInfo, resolveSchema, type Schema } from "@sallyport/kube";

type Fields = { readonly [key: string]: unknown };

/**
 * A strategic merge patch as Go prints it once it was merged into an object: below what the object does not have, upstream has taken the
 * nulls out of the patch itself; and where there was something to merge into, the directives that it has followed.
 */
export function mergedPatchText(before: unknown, patch: unknown, { schema }: Pick<ResourceInfo, "schema">): string {
  return goText(asMerged(before, patch, schema === undefined ? undefined : findSchema(schema)));
}

function asMerged(before: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (!isMap(patch)) return patch;
  if (patch["$patch"] === "replace") {
    const { $patch: _, ...rest } = patch;
    return rest;
  }
  const known = isMap(before) ? before : {};
  const ordered = new Set(
    Object.keys(patch).flatMap((key) => (key.startsWith(order) ? [key.slice(order.length)] : [])),
  );
  const left = Object.entries(patch).filter(
    ([key]) => key !== "$retainKeys" && !key.startsWith(order) && !ordered.has(key),
  );
  return Object.fromEntries(left.map(([key, value]) => [key, fieldAsMerged(known[key], value, fieldOf(schema, key))]));
}

/** Lists that are put in an order are taken out of the patch with it. */
const order = "$setElementOrder/";

function fieldAsMerged(known: unknown, value: unknown, field: Schema | undefined): unknown {
  if (!isLike(known, value)) return withoutNulls(value);
  return Array.isArray(value) ? itemsAsMerged(known, value, field) : asMerged(known, value, resolveSchema(field));
}

/** Items that are there are merged into; the others are taken as they are. */
function itemsAsMerged(known: unknown, items: readonly unknown[], field: Schema | undefined): readonly unknown[] {
  const key = field?.ps?.includes("merge") ? field.pk : undefined;
  if (key === undefined) return items;
  return items.map((item) => {
    if (!isMap(item) || item["$patch"] !== undefined) return item;
    const before = (known as readonly unknown[]).find((each) => isMap(each) && each[key] === item[key]);
    return before === undefined ? item : asMerged(before, item, resolveSchema(field?.i));
  });
}

function fieldOf(schema: Schema | undefined, key: string): Schema | undefined {
  return schema?.p !== undefined && Object.hasOwn(schema.p, key) ? schema.p[key] : schema?.v;
}

/** What is of another type is not merged into; a null at the top takes away. */
function isLike(known: unknown, value: unknown): boolean {
  if (value === null) return true;
  return isMap(known) === isMap(value) && Array.isArray(known) === Array.isArray(value) && known !== undefined;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutNulls(each)]));
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
