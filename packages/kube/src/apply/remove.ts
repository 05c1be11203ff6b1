import { isFields, isWhole } from "./compare.ts";
import { below, type FieldSet, hasElement, isEmptySet, leaf, nodeOf } from "./field-set.ts";
import { anyType, elementOf, fieldType, isNamedField, itemType, type Type } from "./type.ts";

/** A value without the members of a set; undefined when nothing is left of it. */
export function removeFields(value: unknown, set: FieldSet, type: Type): unknown {
  if (isEmptySet(set) || isWhole(value, type)) return value;
  if (Array.isArray(value)) return removeItems(value, set, type);
  if (!isFields(value)) return value;
  const kept: { [name: string]: unknown } = {};
  for (const name of Object.keys(value)) {
    const element = `f:${name}`;
    if (hasElement(set, element)) continue;
    const left = removeFields(value[name], below(set, element), fieldType(type, name) ?? anyType);
    if (left !== undefined) Object.defineProperty(kept, name, { value: left, enumerable: true, configurable: true });
  }
  return Object.keys(kept).length === 0 ? undefined : kept;
}

function removeItems(list: readonly unknown[], set: FieldSet, type: Type): unknown {
  const inner = itemType(type);
  const kept = list.flatMap((item) => {
    const element = elementOf(item, type);
    if (element === undefined) return [item];
    return hasElement(set, element) ? [] : [removeFields(item, below(set, element), inner)];
  });
  return kept.length === 0 ? undefined : kept;
}

/** The set in which also each struct field on the way to a member is one: it goes when all of its own goes. */
export function withNamedFields(set: FieldSet, type: Type): FieldSet {
  const children: { [element: string]: FieldSet } = {};
  for (const element of Object.keys(set)) {
    const node = set[element] as FieldSet;
    if (element === ".") continue;
    const name = element.slice(2);
    const isField = element.startsWith("f:");
    const inner = isField ? (fieldType(type, name) ?? anyType) : itemType(type);
    const member = node["."] !== undefined || isEmptySet(node) || (isField && isNamedField(type, name));
    const deeper = withNamedFields(node, inner);
    children[element] = nodeOf(member, { ...deeper }) ?? leaf;
  }
  return children;
}
