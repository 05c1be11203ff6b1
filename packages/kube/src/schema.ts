import table from "./data/schemas.generated.json" with { type: "json" };

/** A type of the API, compact: see scripts/generate/kube.ts. */
export interface Schema {
  /** `string`, `integer`, `number`, `boolean`, `array`, `object`. */
  readonly t?: string;
  readonly f?: string;
  /** Name of the schema that this one refers to. */
  readonly r?: string;
  /** Of the items of an array, of the values of a map. */
  readonly i?: Schema;
  readonly v?: Schema;
  readonly p?: { readonly [field: string]: Schema };
  /** Required fields. */
  readonly q?: readonly string[];
  readonly g?: { readonly group: string; readonly version: string; readonly kind: string };
  /** List type (`atomic`, `set`, `map`), its keys, and the map type. */
  readonly lt?: string;
  readonly lk?: readonly string[];
  readonly mt?: string;
  /** Strategic merge: the key of a list's items, and `merge`, `replace` or `retainKeys`. */
  readonly pk?: string;
  readonly ps?: string;
  /** The default; only of schemas that CustomResourceDefinitions give. */
  readonly d?: unknown;
  readonly x?: boolean;
  readonly is?: boolean;
}

const schemas = table as unknown as { readonly [name: string]: Schema };

export function findSchema(name: string): Schema | undefined {
  return Object.hasOwn(schemas, name) ? schemas[name] : undefined;
}

export function schemaNames(): readonly string[] {
  return Object.keys(schemas);
}

const names = new Map<Schema, string>();

/** The name of a built-in schema; empty for one that has none. */
export function nameOfSchema(schema: Schema): string {
  if (names.size === 0) for (const [name, each] of Object.entries(schemas)) names.set(each, name);
  return names.get(schema) ?? "";
}

/** Follows a reference; the merge rules beside it stay with the field. */
export function resolveSchema(schema: Schema | undefined): Schema | undefined {
  return schema?.r === undefined ? schema : findSchema(schema.r);
}
