import { isEqual, sharesKeys } from "./equal.ts";
import { JsonList } from "./json.ts";
import { ArrayList, type ListValue, type Value } from "./value.ts";

/**
 * `a + b`. A list with `x-kubernetes-list-type: set` takes only what it has not; one of type `map` has its entries replaced by
 * those of `b` with the same keys. All others are put one behind the other.
 */
export function concatLists(a: ListValue, b: ListValue): ListValue {
  if (!(a instanceof JsonList)) return joined(a, b);
  if (a.shape?.listType === "set") return merge(a, b, isEqual);
  const keys = a.shape?.listMapKeys ?? [];
  if (a.shape?.listType !== "map" || keys.length === 0) return joined(a, b);
  return merge(a, b, (left, right) => sharesKeys(left, right, keys));
}

function joined(a: ListValue, b: ListValue): ListValue {
  if (a.size === 0) return b;
  return b.size === 0 ? a : new ArrayList(a.elements.concat(b.elements));
}

function merge(a: ListValue, b: ListValue, isSame: (left: Value, right: Value) => boolean): ListValue {
  const merged = [...a];
  for (const each of b) {
    const place = merged.findIndex((other) => isSame(other, each));
    if (place < 0) merged.push(each);
    else merged[place] = each;
  }
  return new ArrayList(merged);
}
