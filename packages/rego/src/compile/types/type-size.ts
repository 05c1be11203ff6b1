import type { Type } from "./type.ts";

/** Parts of a type that are told apart: more than any module writes. Rules that hold each other's values double theirs each time. */
const maxParts = 2 ** 17;

/** True where types are small enough together to be compared with others. */
export function isComparable(types: readonly (Type | undefined)[]): boolean {
  return spend(types, maxParts) >= 0;
}

/** What is left of a number of parts. */
function spend(types: readonly (Type | undefined)[], parts: number): number {
  let left = parts - types.length;
  for (let i = 0; i < types.length && left >= 0; i++) {
    const type = types[i];
    if (type?.kind === "array") left = spend([...type.static, type.dynamic], left);
    else if (type?.kind === "set") left = spend([type.of], left);
    else if (type?.kind === "any") left = spend(type.of, left);
    else if (type?.kind === "object") {
      left = spend([type.dynamic?.key, type.dynamic?.value], left);
      if (left >= 0)
        left = spend(
          type.static.map(({ value }) => value),
          left,
        );
    }
  }
  return left;
}
