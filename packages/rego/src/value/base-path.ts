import { isObject, lookup } from "./access.ts";
import { Decimal } from "./decimal.ts";
import type { Value } from "./value.ts";

/** Texts that Go's strconv.Atoi reads, and that can be an index. */
const indexText = /^\+?\d{1,15}$|^-0+$/;

export function isIndexText(text: string): boolean {
  return indexText.test(text);
}

/**
 * `value[key]` in base data. OPA's store finds documents by paths of texts: a number is also the text of a key (`data.ports[80]`), and a
 * text that spells a number the index of an item (`data.list["2"]`).
 */
export function lookupBase(value: Value, key: Value): Value | undefined {
  const found = lookup(value, key);
  if (found !== undefined) return found;
  if (typeof key === "string") return Array.isArray(value) && isIndexText(key) ? value[Number(key)] : undefined;
  const isNumber = typeof key === "number" || typeof key === "bigint" || key instanceof Decimal;
  return isNumber && isObject(value) ? lookup(value, String(key)) : undefined;
}
