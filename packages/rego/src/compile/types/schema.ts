import {
  anyType,
  arrayOf,
  booleanType,
  either,
  nullType,
  numberType,
  objectOf,
  type Property,
  stringType,
  type Type,
} from "./type.ts";

type Schema = { readonly [keyword: string]: unknown };

/** Deeper schemas are any value: recursion through `$ref` ends here. */
const maxDepth = 64;

/** The type that a JSON Schema gives, as OPA reads it: types, properties, items, `$ref`, `anyOf`, `allOf`. */
export function typeFromSchema(schema: unknown): Type {
  return new SchemaReader(schema).read(schema, new Set(), 0);
}

class SchemaReader {
  readonly #root: unknown;

  constructor(root: unknown) {
    this.#root = root;
  }

  /** `open`: references that are being read; one inside itself is any value. */
  read(schema: unknown, open: ReadonlySet<string>, depth: number): Type {
    if (!isSchema(schema) || depth > maxDepth) return anyType;
    const ref = schema["$ref"];
    if (typeof ref === "string") {
      if (open.has(ref)) return anyType;
      return this.read(resolve(this.#root, ref), new Set([...open, ref]), depth + 1);
    }
    const inner = (each: unknown) => this.read(each, open, depth + 1);
    if (Array.isArray(schema["anyOf"])) {
      return schema["anyOf"].reduce<Type | undefined>((all, each) => either(all, inner(each)), undefined) ?? anyType;
    }
    if (Array.isArray(schema["allOf"])) return inner(mergeAll(schema["allOf"].map((each) => this.#target(each))));
    return this.#typed(schema, inner);
  }

  #target(schema: unknown): unknown {
    const ref = isSchema(schema) ? schema["$ref"] : undefined;
    return typeof ref === "string" ? resolve(this.#root, ref) : schema;
  }

  #typed(schema: Schema, inner: (schema: unknown) => Type): Type {
    const declared = schema["type"];
    const names = Array.isArray(declared) ? declared : declared === undefined ? [] : [declared];
    if (names.length > 1) {
      const types = names.map((name) => inner({ ...schema, type: name }));
      return types.reduce((all, each) => either(all, each) ?? anyType);
    }
    switch (names[0] ?? impliedType(schema)) {
      case "boolean":
        return booleanType;
      case "string":
        return stringType;
      case "integer":
      case "number":
        return numberType;
      case "null":
        return nullType;
      case "object":
        return objectType(schema, inner);
      case "array":
        return arrayType(schema, inner);
      default:
        return anyType;
    }
  }
}

function impliedType(schema: Schema): string | undefined {
  if (isSchema(schema["properties"])) return "object";
  return schema["items"] === undefined ? undefined : "array";
}

function objectType(schema: Schema, inner: (schema: unknown) => Type): Type {
  const properties = isSchema(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  if (properties.length === 0) return objectOf([], { key: anyType, value: anyType });
  return objectOf(properties.map(([key, each]): Property => ({ key, value: inner(each) })));
}

function arrayType(schema: Schema, inner: (schema: unknown) => Type): Type {
  const items = schema["items"];
  if (Array.isArray(items)) return { ...arrayOf(undefined), static: items.map(inner) };
  return arrayOf(items === undefined ? anyType : inner(items));
}

/** One schema with what all of them ask for. */
function mergeAll(schemas: readonly unknown[]): Schema {
  let merged: Schema = {};
  for (const each of schemas) {
    if (!isSchema(each)) continue;
    const properties = {
      ...(merged["properties"] as object | undefined),
      ...(each["properties"] as object | undefined),
    };
    merged = { ...merged, ...each, ...(Object.keys(properties).length === 0 ? {} : { properties }) };
  }
  return merged;
}

/** `#/definitions/x`; other documents are not read, and so any value. */
function resolve(root: unknown, ref: string): unknown {
  if (ref === "#") return root;
  if (!ref.startsWith("#/")) return undefined;
  let at: unknown = root;
  for (const part of ref.slice(2).split("/")) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    at = isSchema(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
