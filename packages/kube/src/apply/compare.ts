import { emptiedOf } from "../go/emptied.ts";
import { type FieldSet, isEmptySet, leaf, nodeOf } from "./field-set.ts";
import { anyType, elementOf, fieldType, itemType, type Type } from "./type.ts";

/** What a new value has more, has otherwise, and lacks. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

type Fields = { readonly [name: string]: unknown };

/** The fields in which two values of a type differ. */
export function compareValues(before: unknown, after: unknown, type: Type): Comparison {
  const { added = leaf, modified = leaf, removed = leaf } = compared(before, after, type) ?? {};
  return { added, modified, removed };
}

type Found = { readonly [side in keyof Comparison]?: FieldSet | undefined };

const changed: Found = { modified: leaf };

function compared(before: unknown, after: unknown, type: Type): Found | undefined {
  const shape = shapeOf(before, after, type);
  if (shape === "leaf") return isSameValue(before, after) ? undefined : changed;
  const found = new Differences();
  if (shape === "list") compareItems(before, after, type, found);
  else compareFields(before, after, type, found);
  return found;
}

/** Of the elements of a list or map: only sides with something in them are there. */
class Differences implements Found {
  added: { [element: string]: FieldSet } | undefined;
  modified: { [element: string]: FieldSet } | undefined;
  removed: { [element: string]: FieldSet } | undefined;

  /** One element: what was, what is, and its type. */
  compare(element: string, before: unknown, after: unknown, type: Type): void {
    if (before === undefined) this.#add("added", element, fieldsOnOneSide(after, type));
    else if (after === undefined) this.#add("removed", element, fieldsOnOneSide(before, type));
    else {
      const inner = compared(before, after, type);
      if (inner?.added !== undefined) this.#add("added", element, inner.added);
      if (inner?.modified !== undefined) this.#add("modified", element, inner.modified);
      if (inner?.removed !== undefined) this.#add("removed", element, inner.removed);
    }
  }

  /** An element that stands twice on one side is compared as a whole. */
  compareWhole(element: string, before: readonly unknown[], after: readonly unknown[]): void {
    if (before.length === 0) this.#add("added", element, leaf);
    else if (after.length === 0) this.#add("removed", element, leaf);
    else if (!isSameValue(before, after)) this.#add("modified", element, leaf);
  }

  #add(side: keyof Comparison, element: string, set: FieldSet): void {
    const sets = (this[side] ??= {});
    sets[element] = set;
  }
}

function compareFields(before: unknown, after: unknown, type: Type, found: Differences): void {
  const [left, right] = [(before ?? {}) as Fields, (after ?? {}) as Fields];
  for (const name of Object.keys(right)) {
    const inner = fieldType(type, name) ?? anyType;
    if (right[name] === undefined || isNoTime(name, right[name], type)) continue;
    const was = own(left, name) ?? type.zeros.get(name);
    found.compare(`f:${name}`, was, right[name], inner);
  }
  for (const name of Object.keys(left)) {
    if (left[name] === undefined || (Object.hasOwn(right, name) && right[name] !== undefined)) continue;
    found.compare(`f:${name}`, left[name], type.zeros.get(name), fieldType(type, name) ?? anyType);
  }
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function compareItems(before: unknown, after: unknown, type: Type, found: Differences): void {
  const [left, right] = [itemsByElement(before, type), itemsByElement(after, type)];
  const inner = itemType(type);
  const repeated = new Set([...repeatedElements(before, type, left), ...repeatedElements(after, type, right)]);
  for (const element of repeated)
    found.compareWhole(element, itemsOfElement(before, element, type), itemsOfElement(after, element, type));
  for (const [element, item] of right)
    if (!repeated.has(element)) found.compare(element, left.get(element), item, inner);
  for (const [element, item] of left)
    if (!right.has(element) && !repeated.has(element)) found.compare(element, item, undefined, inner);
}

/** Elements that several items of a list have; `items` are those that stand first. */
function repeatedElements(list: unknown, type: Type, items: ReadonlyMap<string, unknown>): readonly string[] {
  if (!Array.isArray(list) || list.length === items.size) return [];
  return [...items.keys()].filter((element) => itemsOfElement(list, element, type).length > 1);
}

function itemsOfElement(list: unknown, element: string, type: Type): readonly unknown[] {
  return Array.isArray(list) ? list.filter((item) => elementOf(item, type) === element) : [];
}

/** The items of a list by their path elements; of those that stand twice, the first. */
export function itemsByElement(list: unknown, type: Type): ReadonlyMap<string, unknown> {
  const items = new Map<string, unknown>();
  for (const item of Array.isArray(list) ? list : []) {
    const element = elementOf(item, type);
    if (element !== undefined && !items.has(element)) items.set(element, item);
  }
  return items;
}

/** All fields of a value that the other side lacks: itself and all below it. */
export function fieldsOnOneSide(value: unknown, type: Type): FieldSet {
  const shape = shapeOf(undefined, value, type);
  if (shape === "leaf") return leaf;
  const children: { [element: string]: FieldSet } = { ".": leaf };
  if (shape === "list") {
    const inner = itemType(type);
    for (const item of value as readonly unknown[]) {
      const element = elementOf(item, type);
      if (element !== undefined)
        children[element] = children[element] === undefined ? fieldsOnOneSide(item, inner) : leaf;
    }
    return children;
  }
  for (const name of Object.keys(value as Fields)) {
    const field = (value as Fields)[name];
    const inner = fieldType(type, name) ?? anyType;
    if (field !== undefined && !isNoTime(name, field, type)) children[`f:${name}`] = fieldsOnOneSide(field, inner);
  }
  for (const [name, zero] of type.zeros)
    if ((value as Fields)[name] === undefined)
      children[`f:${name}`] = fieldsOnOneSide(zero, fieldType(type, name) ?? anyType);
  return children;
}

/** A time that nobody gave is no field, unless Go's struct always has it. */
function isNoTime(name: string, value: unknown, type: Type): boolean {
  const { schema } = fieldType(type, name) ?? anyType;
  return value === null && /\.(Micro)?Time$/.test(schema?.r ?? "") && !type.zeros.has(name);
}

/** The fields of an object that somebody applies: what stands there, and of what stands above it only lists' items. */
export function appliedFields(value: unknown, type: Type): FieldSet {
  return ownFields(value, type, false) ?? leaf;
}

function ownFields(value: unknown, type: Type, member: boolean): FieldSet | undefined {
  if (isWhole(value, type)) return leaf;
  const children: { [element: string]: FieldSet } = {};
  if (Array.isArray(value)) {
    const inner = itemType(type);
    for (const item of value) {
      const element = elementOf(item, type);
      if (element !== undefined) children[element] = ownFields(item, inner, true) ?? leaf;
    }
  } else if (isFields(value)) {
    for (const name of Object.keys(value)) {
      const field = value[name];
      const inner = fieldType(type, name) ?? anyType;
      const isNamed = type.schema?.p !== undefined && Object.hasOwn(type.schema.p, name);
      const isBare = field === null || (isFields(field) && isEmptySet(field as FieldSet));
      const node = ownFields(field, inner, isBare || !isNamed);
      if (node !== undefined) children[`f:${name}`] = node;
    }
  }
  return nodeOf(member, children);
}

/** Owned as one: a scalar, or a list or map that is atomic. */
export function isWhole(value: unknown, { kind, atomic }: Type): boolean {
  if (atomic || kind === "scalar") return true;
  return kind === "any" && !isFields(value);
}

function shapeOf(before: unknown, after: unknown, type: Type): "leaf" | "list" | "map" {
  if (type.kind === "scalar" || type.atomic) return "leaf";
  if (type.kind === "any" && !((isFields(before) || before === undefined) && isFields(after))) return "leaf";
  if (isVoid(before) && isVoid(after)) return "leaf";
  if (type.kind === "list") return "list";
  return "map";
}

function isVoid(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && isEmptySet(value as FieldSet);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deep equality that does not look at the order of keys. In lists, it counts what was given empty, as Go's `reflect.DeepEqual` does. */
export function isSameValue(a: unknown, b: unknown): boolean {
  return isSame(a, b, false);
}

function isSame(left: unknown, right: unknown, isInList: boolean): boolean {
  if (left === right) return true;
  if (Array.isArray(left))
    return (
      Array.isArray(right) && left.length === right.length && left.every((item, i) => isSame(item, right[i], true))
    );
  if (!isFields(left) || !isFields(right)) return false;
  const [a, b] = isInList ? [given(left), given(right)] : [left, right];
  const keys = Object.keys(a).filter((key) => a[key] !== undefined);
  return (
    keys.length === Object.keys(b).filter((key) => b[key] !== undefined).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key], isInList))
  );
}

function given(fields: Fields): Fields {
  const emptied = emptiedOf(fields);
  return emptied === undefined ? fields : { ...fields, ...emptied };
}
