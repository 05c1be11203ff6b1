import { goText } from "@sallyport/kube";

/**
 * A strategic merge patch as Go prints it once it was merged into an object: below what the object does not have, upstream has taken the
 * nulls out of the patch itself; and where there was something to merge into, the directives that it has followed.
 */
export function mergedPatchText(before: unknown, patch: unknown): string {
  return goText(asMerged(before, patch));
}

function asMerged(before: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const known = isMap(before) ? before : {};
  return Object.fromEntries(
    Object.entries(patch)
      .filter(([key]) => !followed.test(key))
      .map(([key, value]) => [key, isLike(known[key], value) ? asMerged(known[key], value) : withoutNulls(value)]),
  );
}

/** What is of another type is not merged into; a null at the top takes away. */
function isLike(known: unknown, value: unknown): boolean {
  if (value === null) return true;
  return isMap(known) === isMap(value) && Array.isArray(known) === Array.isArray(value) && known !== undefined;
}

const followed = /^\$(retainKeys$|setElementOrder\/)/;

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMap(value)) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([key, each]) => [key, withoutNulls(each)]));
}

function isMap(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
