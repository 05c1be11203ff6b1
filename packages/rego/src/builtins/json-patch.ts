import { isObject, lookup, typeName } from "../value/access.ts";
import { equal, RegoObject, RegoSet, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError } from "./builtin.ts";
import { regoText } from "./go-format.ts";
import { pathOf } from "./json-paths.ts";
import { arrayAt } from "./operands.ts";

/** What the patched document is; undefined once its root is removed. */
type Document = Value | undefined;

/** RFC 6902, on sets and on keys of any type too; paths as arrays of keys or JSON pointers. */
function patch(args: readonly Value[]): Value | undefined {
  let document: Document = args[0];
  for (const operation of arrayAt(args, 2)) document = apply(document, operation);
  return document;
}

function apply(document: Document, operation: Value): Document {
  if (!isObject(operation))
    throw new BuiltinError("must be an array of JSON-Patch objects, but at least one element is not an object");
  const path = lookup(operation, "path");
  if (path === undefined) throw new BuiltinError("missing required attribute 'path'");
  const op = lookup(operation, "op");
  if (op === undefined) throw new BuiltinError("missing required attribute 'op'");
  if (typeof op !== "string") throw new BuiltinError(`attribute 'op' must be a string but found: ${typeName(op)}`);
  const at = pathOf(path);
  const attribute = (name: string): Value => {
    const value = lookup(operation, name);
    if (value === undefined) throw new BuiltinError(`missing required attribute '${name}'`);
    return value;
  };
  switch (op) {
    case "add":
      return insertAt(document, at, attribute("value"));
    case "remove":
      return deleteAt(document, at);
    case "replace":
      return insertAt(deleteAt(document, at), at, attribute("value"));
    case "move": {
      const from = pathOf(attribute("from"));
      const moved = valueAt(document, from);
      return insertAt(deleteAt(document, from), at, moved);
    }
    case "copy":
      return insertAt(document, at, valueAt(document, pathOf(attribute("from"))));
    case "test":
      return check(document, valueAt(document, at), attribute("value"));
    default:
      throw new BuiltinError(`unrecognized op: '${op}'`);
  }
}

function check(document: Document, found: Value, wanted: Value): Document {
  if (equal(found, wanted)) return document;
  throw new BuiltinError(
    `value from EditTree != patch value.\n\nExpected: ${regoText(wanted)}\n\nFound: ${regoText(found)}`,
  );
}

function valueAt(document: Document, path: readonly Value[]): Value {
  if (document === undefined) throw new BuiltinError("nil value encountered where composite value was expected");
  return path.reduce<Value>((value, key) => child(value, key), document);
}

/** The value below, which must be there. */
function child(value: Value, key: Value): Value {
  if (Array.isArray(value)) {
    const index = indexFrom(value.length, key);
    const found = index < 0 ? undefined : (value as readonly Value[])[index];
    if (found !== undefined) return found;
    throw new BuiltinError(`path ${index} does not exist in array term ${regoText(value)}`);
  }
  if (!isObject(value) && !(value instanceof RegoSet))
    throw new BuiltinError(`expected composite type for path ${regoText(key)}, found value: ${describe(value)}`);
  const found = lookup(value, key);
  if (found !== undefined) return found;
  throw new BuiltinError(
    value instanceof RegoSet
      ? `path ${typeof key === "string" ? key : regoText(key)} does not exist in set term ${regoText(value)}`
      : `path ${regoText(key)} does not exist in object term ${regoText(value)}`,
  );
}

/** The same document with what `change` makes of the collection at a path. */
function changeAt(document: Document, path: readonly Value[], change: (collection: Value) => Value): Value {
  const [key, ...rest] = path;
  if (document === undefined)
    throw new BuiltinError(
      key === undefined
        ? "deleted node encountered during insert operation"
        : "nil value encountered where composite value was expected",
    );
  if (key === undefined) return change(document);
  const below = child(document, key);
  const changed = changeAt(below, rest, change);
  if (Array.isArray(document)) return (document as readonly Value[]).with(indexFrom(document.length, key), changed);
  if (document instanceof RegoSet)
    return RegoSet.of([...document.values()].map((member) => (equal(member, key) ? changed : member)));
  return withEntry(document, key, changed);
}

function withEntry(object: Value, key: Value, value: Value): RegoObject {
  const result = RegoObject.of(sortedEntries(object));
  result.set(key, value);
  return result;
}

function insertAt(document: Document, path: readonly Value[], value: Value): Value {
  const key = path.at(-1);
  if (key === undefined) return value;
  return changeAt(document, path.slice(0, -1), (collection) => insert(collection, key, value));
}

function insert(collection: Value, key: Value, value: Value): Value {
  if (Array.isArray(collection)) {
    const index = indexFrom(collection.length, key);
    if (index < 0 || index > collection.length) throw new BuiltinError("index for array insertion out of bounds");
    return (collection as readonly Value[]).toSpliced(index, 0, value);
  }
  if (collection instanceof RegoSet) {
    if (!equal(key, value))
      throw new BuiltinError(`set key ${regoText(key)} does not equal value to be inserted ${regoText(value)}`);
    return RegoSet.of([...collection.values(), value]);
  }
  if (!isObject(collection)) throw new BuiltinError(`expected composite type, found value: ${describe(collection)}`);
  return withEntry(collection, key, value);
}

function deleteAt(document: Document, path: readonly Value[]): Document {
  const key = path.at(-1);
  if (key !== undefined) return changeAt(document, path.slice(0, -1), (collection) => remove(collection, key));
  if (document === undefined) throw new BuiltinError("deleted node encountered during delete operation");
  return undefined;
}

function remove(collection: Value, key: Value): Value {
  if (Array.isArray(collection)) {
    const index = indexFrom(collection.length, key);
    if (index < 0 || index >= collection.length) throw new BuiltinError("index for array delete out of bounds");
    return (collection as readonly Value[]).toSpliced(index, 1);
  }
  if (!isObject(collection) && !(collection instanceof RegoSet))
    throw new BuiltinError(`expected composite type, found value: ${describe(collection)}`);
  if (lookup(collection, key) === undefined)
    throw new BuiltinError(`cannot delete child key ${regoText(key)} that does not exist`);
  if (collection instanceof RegoSet)
    return RegoSet.of([...collection.values()].filter((member) => !equal(member, key)));
  return RegoObject.of(sortedEntries(collection).filter(([name]) => !equal(name, key)));
}

/** A number, its text, or `-` for the place behind the last item. */
function indexFrom(length: number, key: Value): number {
  if (typeof key === "number") {
    if (!Number.isSafeInteger(key)) throw new BuiltinError("invalid number type for indexing");
    return key;
  }
  if (typeof key !== "string") throw new BuiltinError("invalid type for indexing");
  if (key === "-") return length;
  if (!/^[+-]?\d{1,15}$/.test(key)) throw new BuiltinError("invalid string for indexing");
  if (key !== "0" && key.startsWith("0")) throw new BuiltinError("leading zeros are not allowed in JSON paths");
  return Number(key) + 0;
}

/** With the name of Go's type, as OPA has it. */
function describe(value: Value): string {
  const names = { string: "String", number: "Number", boolean: "Boolean", null: "Null" } as const;
  return `${regoText(value)} (type: ast.${names[typeName(value) as keyof typeof names]})`;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/object#builtin-object-jsonpatch */
export const jsonPatch: readonly Builtin[] = [{ name: "json.patch", call: patch }];
