import { isObject, lookup, typeName } from "../value/access.ts";
import { RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError } from "./builtin.ts";
import { objectAt } from "./operands.ts";

/** A JSON pointer (leading slashes are optional), or an array of keys. */
export function pathOf(path: Value): readonly Value[] {
  if (Array.isArray(path)) return path as readonly Value[];
  if (typeof path !== "string") {
    const wanted = "one of {set, array} containing string paths or array of path segments";
    throw new BuiltinError(`operand 2 must be ${wanted} but got ${typeName(path)}`, "eval_type_error");
  }
  if (path === "") return [];
  return path
    .replace(/^\/+/, "")
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function pathsAt(args: readonly Value[]): readonly (readonly Value[])[] {
  const paths = args[1] as Value;
  if (Array.isArray(paths)) return (paths as readonly Value[]).map(pathOf);
  if (paths instanceof RegoSet) return paths.sorted().map(pathOf);
  throw operandTypeError(2, ["set", "array"], typeName(paths));
}

/** Paths as a tree: an object per inner key, null at a path's end. A shorter path wins over longer ones that follow it. */
function treeOf(paths: readonly (readonly Value[])[]): RegoObject {
  const root = new RegoObject();
  for (const path of paths) plant(root, path);
  return root;
}

function plant(root: RegoObject, path: readonly Value[]): void {
  let node = root;
  for (const [i, key] of path.entries()) {
    if (i === path.length - 1) {
      node.set(key, null);
      return;
    }
    const child = node.get(key);
    if (child === null) return;
    const next = child === undefined ? new RegoObject() : (child as RegoObject);
    if (child === undefined) node.set(key, next);
    node = next;
  }
}

/** Undefined when the value itself is to go. */
function without(value: Value, tree: Value | undefined): Value | undefined {
  if (tree === null) return undefined;
  if (!(tree instanceof RegoObject)) return value;
  if (Array.isArray(value)) {
    return (value as readonly Value[]).flatMap((item, i) => {
      const kept = without(item, tree.get(String(i)));
      return kept === undefined ? [] : [kept];
    });
  }
  if (value instanceof RegoSet) {
    const kept = value.sorted().map((member) => without(member, tree.get(member)));
    return RegoSet.of(kept.filter((member) => member !== undefined));
  }
  if (!isObject(value)) return value;
  const result = new RegoObject();
  for (const [key, item] of sortedEntries(value)) {
    const kept = without(item, tree.get(key));
    if (kept !== undefined) result.set(key, kept);
  }
  return result;
}

/** Only what the tree names; where it ends in null, everything below. */
export function only(value: Value, tree: Value): Value {
  if (!isObject(tree)) return value;
  if (Array.isArray(value)) {
    const items = value as readonly Value[];
    return items.flatMap((item, i) => {
      const below = lookup(tree, String(i));
      return below === undefined ? [] : [only(item, below)];
    });
  }
  if (value instanceof RegoSet) {
    const members = value.sorted().flatMap((member) => {
      const below = lookup(tree, member);
      return below === undefined ? [] : [only(member, below)];
    });
    return RegoSet.of(members);
  }
  if (!isObject(value)) return value;
  const result = new RegoObject();
  for (const [key, below] of sortedEntries(tree)) {
    const item = lookup(value, key);
    if (item !== undefined) result.set(key, only(item, below));
  }
  return result;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/object: what selects and drops by paths. */
export const jsonPaths: readonly Builtin[] = [
  { name: "json.remove", call: (args) => without(objectAt(args, 1), treeOf(pathsAt(args))) },
  { name: "json.filter", call: (args) => only(objectAt(args, 1), treeOf(pathsAt(args))) },
];
