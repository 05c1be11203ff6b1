/** Keys from the root of `data` down; positions in arrays are their digits. */
export type DataPath = readonly string[];

export type StoreErrorCode = "storage_invalid_patch_error" | "storage_not_found_error" | "storage_write_conflict_error";

/** A read or write that cannot be, with OPA's code for it. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.name = "StoreError";
    this.code = code;
  }
}

/** The path that a JSON Pointer (RFC 6901) names; the slash before it may be missing, as in OPA's API: `/a/b` and `a/b`. */
export function pathFromPointer(text: string): DataPath {
  const inner = text.startsWith("/") ? text.slice(1) : text;
  if (inner === "") return [];
  return inner.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function pointerText(path: DataPath): string {
  return path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** True when a path is the other, or lies below it. */
export function isAtOrBelow(path: DataPath, other: DataPath): boolean {
  return other.length <= path.length && other.every((part, i) => part === path[i]);
}

/** The position that a part of a path names; undefined for what is none. */
export function indexFromText(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
}
