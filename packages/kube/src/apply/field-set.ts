/**
 * A set of fields in the form of FieldsV1: `f:NAME` is a field, `k:{…}` an item by its keys, `v:…` an item by its value. A node that is
 * empty is a member; one with members below is a member itself only when it has `.`. Never changed in place.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** The set that is a single member; as a whole set it is the empty one. */
export const leaf: FieldSet = {};

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether a node is a member itself, not only a way to some. */
export function isMember(node: FieldSet): boolean {
  return node["."] !== undefined || isEmptySet(node);
}

/** A node with what lies below it; undefined when there is nothing. */
export function nodeOf(member: boolean, children: { [element: string]: FieldSet }): FieldSet | undefined {
  if (isEmptySet(children)) return member ? leaf : undefined;
  return member ? { ".": leaf, ...children } : children;
}

/** Which members stay: `a` and `b` say whether those of one side alone do, `both` whether those of both do. */
interface Combine {
  readonly a: boolean;
  readonly b: boolean;
  readonly both: boolean;
}

/** Both sets walked at once, as far as both have something: what one side alone has stays or goes as it is. */
function combined(
  a: FieldSet | undefined,
  b: FieldSet | undefined,
  keep: Combine,
  isRoot: boolean,
): FieldSet | undefined {
  if (b === undefined) return keep.a ? a : undefined;
  if (a === undefined) return keep.b ? b : undefined;
  const children: { [element: string]: FieldSet } = {};
  for (const element in a) {
    if (element === ".") continue;
    const node = combined(a[element], b[element], keep, false);
    if (node !== undefined) children[element] = node;
  }
  if (keep.b)
    for (const element in b)
      if (element !== "." && a[element] === undefined) children[element] = b[element] as FieldSet;
  const [left, right] = [isMember(a), isMember(b)];
  const isKept = left && right ? keep.both : left ? keep.a : right && keep.b;
  return nodeOf(!isRoot && isKept, children);
}

const either: Combine = { a: true, b: true, both: true };
const onlyFirst: Combine = { a: true, b: false, both: false };
const inBoth: Combine = { a: false, b: false, both: true };

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b;
  if (isEmptySet(b)) return a;
  return combined(a, b, either, true) ?? leaf;
}

/** What is in the first and not in the second set. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a;
  return combined(a, b, onlyFirst, true) ?? leaf;
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return leaf;
  return combined(a, b, inBoth, true) ?? leaf;
}

/** The first set without the members of the second and all that lies below them. */
export function differenceBelow(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a) || isEmptySet(b)) return a;
  return without(a, b, true) ?? leaf;
}

function without(a: FieldSet, b: FieldSet | undefined, isRoot: boolean): FieldSet | undefined {
  if (b === undefined) return a;
  if (!isRoot && isMember(b)) return undefined;
  const children: { [element: string]: FieldSet } = {};
  for (const element in a) {
    if (element === ".") continue;
    const node = without(a[element] as FieldSet, b[element], false);
    if (node !== undefined) children[element] = node;
  }
  return nodeOf(!isRoot && isMember(a), children);
}

/** Whether the element right below is a member of the set. */
export function hasElement(set: FieldSet, element: string): boolean {
  const node = set[element];
  return node !== undefined && isMember(node);
}

/** The set below an element; empty when nothing but the element itself is in the set. */
export function below(set: FieldSet, element: string): FieldSet {
  const node = set[element];
  if (node === undefined) return leaf;
  const { ".": own, ...rest } = node;
  return own === undefined ? node : rest;
}

/** The set of one path of field names. */
export function fieldPath(...names: readonly string[]): FieldSet {
  return names.reduceRight<FieldSet>((inner, name) => ({ [`f:${name}`]: inner }), leaf);
}

/** The members' paths as people read them, `.spec.containers[name="a"].image`: what lies right below a node before what lies deeper. */
export function pathsOf(set: FieldSet): readonly string[] {
  const paths: string[] = [];
  const visit = (node: FieldSet, path: string) => {
    const elements = elementsOf(node).map((element) => [node[element] as FieldSet, path + printed(element)] as const);
    for (const [inner, at] of elements) if (isMember(inner)) paths.push(at);
    for (const [inner, at] of elements) visit(inner, at);
  };
  visit(set, "");
  return paths;
}

function printed(element: string): string {
  const text = element.slice(2);
  if (element.startsWith("f:")) return `.${text}`;
  if (element.startsWith("v:")) return `[=${text}]`;
  if (element.startsWith("i:")) return `[${text}]`;
  const keys = Object.entries(JSON.parse(text) as object).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `[${keys.join(",")}]`;
}

/** The set with its elements in upstream's order: fields, keys, values, indexes. */
export function canonical(set: FieldSet): FieldSet {
  const sorted: { [element: string]: FieldSet } = {};
  if (set["."] !== undefined) sorted["."] = leaf;
  const elements = elementsOf(set);
  for (const element of elements) sorted[element] = canonical(set[element] as FieldSet);
  return elements.length === 0 ? leaf : sorted;
}

function elementsOf(set: FieldSet): readonly string[] {
  const elements = Object.keys(set).filter((element) => element !== ".");
  return elements.length < 2 ? elements : elements.sort(compareElements);
}

const order = "fkvi";

function compareElements(a: string, b: string): number {
  if (a[0] !== b[0]) return order.indexOf(a.charAt(0)) - order.indexOf(b.charAt(0));
  if (a.startsWith("f:")) return a < b ? -1 : 1;
  const [left, right] = [JSON.parse(a.slice(2)) as unknown, JSON.parse(b.slice(2)) as unknown];
  return a.startsWith("k:") ? compareKeys(left as object, right as object) : compareScalars(left, right);
}

function compareKeys(a: object, b: object): number {
  const [left, right] = [Object.entries(a), Object.entries(b)];
  for (const [i, [name, value]] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (name !== other[0]) return name < other[0] ? -1 : 1;
    const compared = compareScalars(value, other[1]);
    if (compared !== 0) return compared;
  }
  return left.length - right.length;
}

/** Numbers, then text, then booleans, then null. */
function compareScalars(a: unknown, b: unknown): number {
  const rank = (value: unknown) => ["number", "string", "boolean", "object"].indexOf(typeof value);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (a === b) return 0;
  return (a as string) < (b as string) ? -1 : 1;
}
