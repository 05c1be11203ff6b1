import { createPatch, type Operation } from "rfc6902";

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

/** `__proto__` is a key like any other. */
function setOwn(target: { [key: string]: unknown }, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isRecord(value: unknown): value is Record_ {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
