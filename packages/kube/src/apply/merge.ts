import { isFields, isWhole, itemsByElement } from "./compare.ts";
import { anyType, elementOf, fieldType, itemType, type Type } from "./type.ts";

type Fields = { readonly [name: string]: unknown };

/** A live value with what somebody applies on top: fields and items that he names are as he says, all others stay. */
export function mergeApplied(live: unknown, applied: unknown, type: Type): unknown {
  if (applied === undefined) return live;
  if (live === undefined || live === null || isWhole(applied, type)) return applied;
  // Nothing in place of a list or map names none of its items.
  if (applied === null) return live;
  if (Array.isArray(applied)) return Array.isArray(live) ? mergeLists(live, applied, type) : applied;
  if (!isFields(applied) || !isFields(live)) return applied;
  const result: { [name: string]: unknown } = { ...live };
  for (const [name, value] of Object.entries(applied)) {
    const merged = mergeApplied(own(live, name), value, fieldType(type, name) ?? anyType);
    Object.defineProperty(result, name, { value: merged, enumerable: true, configurable: true, writable: true });
  }
  return result;
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/**
 * Applied items in the order in which they are applied; live ones that are not applied keep their place before those that followed
 * them, and come before new ones.
 */
function mergeLists(live: readonly unknown[], applied: readonly unknown[], type: Type): readonly unknown[] {
  const [left, right] = [itemsByElement(live, type), itemsByElement(applied, type)];
  const inner = itemType(type);
  const names = live.map((item) => elementOf(item, type));
  const result: unknown[] = [];
  const done = new Set<string>();
  let at = 0;
  /** Live items up to the next one that is applied and not yet written. */
  const passLive = () => {
    for (; at < live.length; at++) {
      const name = names[at] as string;
      if (right.has(name) && !done.has(name)) return;
      if (!right.has(name)) result.push(live[at]);
    }
  };
  for (const [name, item] of right) {
    passLive();
    result.push(mergeApplied(left.get(name), item, inner));
    done.add(name);
  }
  passLive();
  return result;
}
