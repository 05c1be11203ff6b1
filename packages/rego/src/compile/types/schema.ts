import {
  anyType,
  arrayOf,
  booleanType,
  either,
  numberType,
  objectOf,
  type Property,
  stringType,
  type Type,
} from "./type.ts";

type Schema = { readonly [keyword: string]: unknown };

/** A schema that cannot be read; the message is OPA's. */
export class SchemaFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SchemaFault";
  }
}

/** Deeper schemas are any value. */
const maxDepth = 64;
/** So many schemas are read in all: those that name each other many times grow fast. */
const maxSchemas = 20_000;

/** The types that a schema may name, in the order in which OPA picks one of several; `null` is any value. */
const typeNames = ["boolean", "string", "integer", "number", "object", "array", "null"] as const;

/**
 * The type that a JSON Schema gives, as OPA reads it: types, properties, items, `$ref`, `anyOf`, `allOf`. Documents elsewhere are not
 * loaded. Throws `SchemaFault`.
 */
export function typeFromSchema(schema: unknown): Type {
  if (typeof schema !== "boolean" && !isSchema(schema)) throw unreadable("schema is invalid");
  return new SchemaReader(schema).read(schema, [], 0);
}

class SchemaReader {
  readonly #root: unknown;
  readonly #types = new Map<string, Type>();
  #count = 0;

  constructor(root: unknown) {
    this.#root = root;
  }

  /** `open`: references that are being read. */
  read(written: unknown, open: readonly string[], depth: number): Type {
    if (!isSchema(written) || depth > maxDepth || ++this.#count > maxSchemas) return anyType;
    const ref = written["$ref"];
    if (typeof ref === "string") {
      if (open.includes(ref)) return { kind: "recursive", name: ref, whole: () => this.#types.get(ref) ?? anyType };
      const type = this.#types.get(ref) ?? this.read(this.#resolve(ref), [...open, ref], depth + 1);
      this.#types.set(ref, type);
      return type;
    }
    const inner = (each: unknown) => this.read(each, open, depth + 1);
    const { anyOf, allOf } = written;
    if (Array.isArray(anyOf) && anyOf.length > 0) {
      const own = typeNameOf(written) === "object" && hasProperties(written) ? objectType(written, inner) : undefined;
      return anyOf.reduce<Type | undefined>((all, each) => either(all, inner(each)), own) ?? anyType;
    }
    if (!Array.isArray(allOf)) return typed(written, inner);
    const { allOf: _, ...own } = written;
    return inner(mergeAll([own, ...allOf.map((each) => this.#target(each))].filter(isSchema)));
  }

  #target(schema: unknown): unknown {
    const ref = isSchema(schema) ? schema["$ref"] : undefined;
    return typeof ref === "string" ? this.#resolve(ref) : schema;
  }

  /** `#/definitions/x`. */
  #resolve(ref: string): unknown {
    if (ref === "#") return this.#root;
    if (!ref.startsWith("#/")) throw unreadable(`remote reference loading disabled: ${ref.replace(/#.*/, "")}`);
    let at: unknown = this.#root;
    for (const part of ref.slice(2).split("/")) {
      const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      if (Array.isArray(at)) at = at[Number(key)];
      else if (isSchema(at) && Object.hasOwn(at, key)) at = at[key];
      else throw unreadable(`Object has no key '${key}'`);
    }
    return at;
  }
}

function unreadable(why: string): SchemaFault {
  return new SchemaFault(`unable to compile the schema: ${why}`);
}

function typed(schema: Schema, inner: (schema: unknown) => Type): Type {
  switch (typeNameOf(schema)) {
    case "boolean":
      return booleanType;
    case "string":
      return stringType;
    case "integer":
    case "number":
      return numberType;
    case "object":
      return objectType(schema, inner);
    case "array":
      return arrayType(schema, inner);
    default:
      return anyType;
  }
}

/** The type that counts of those that a schema names, or the one that its keywords imply. */
function typeNameOf(schema: Schema): string | undefined {
  const declared = schema["type"];
  const names: readonly unknown[] = Array.isArray(declared) ? declared : declared === undefined ? [] : [declared];
  for (const name of names) {
    if (typeof name !== "string") throw unreadable("Invalid type. Expected: type, given: string/Array Of Strings");
    if (typeNames.some((each) => each === name)) continue;
    const valid = "[array boolean integer number null object string]";
    throw unreadable(`has a primitive type that is NOT VALID -- given: /${name}/ Expected valid values are:${valid}`);
  }
  if (names.length > 0) return typeNames.find((each) => names.includes(each));
  if (hasProperties(schema)) return "object";
  return schema["items"] === undefined ? undefined : "array";
}

function hasProperties(schema: Schema): boolean {
  const properties = schema["properties"];
  if (properties !== undefined && !isSchema(properties)) throw unreadable("Properties must be of type object");
  return properties !== undefined;
}

function objectType(schema: Schema, inner: (schema: unknown) => Type): Type {
  const properties = hasProperties(schema) ? Object.entries(schema["properties"] as Schema) : [];
  if (properties.length === 0) return objectOf([], { key: anyType, value: anyType });
  return objectOf(properties.map(([key, each]): Property => ({ key, value: inner(each) })));
}

function arrayType(schema: Schema, inner: (schema: unknown) => Type): Type {
  const items = schema["items"];
  if (Array.isArray(items)) return { ...arrayOf(undefined), static: items.map(inner) };
  return arrayOf(items === undefined ? anyType : inner(items));
}

/** One schema with what all of them ask for. */
function mergeAll(schemas: readonly Schema[]): Schema {
  let merged: Schema = {};
  for (const each of schemas) {
    const [a, b] = [typeNameOf(merged), typeNameOf(each)];
    if (a !== undefined && b !== undefined && a !== b)
      throw new SchemaFault(`type checking: unable to merge these schemas: type mismatch: ${a} and ${b}`);
    if (merged["items"] !== undefined && each["items"] !== undefined)
      throw new SchemaFault("type checking: unable to merge these schemas");
    const properties = {
      ...(merged["properties"] as object | undefined),
      ...(each["properties"] as object | undefined),
    };
    const { anyOf: _, ...plain } = each;
    merged = { ...merged, ...plain, ...(Object.keys(properties).length === 0 ? {} : { properties }) };
  }
  return merged;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
