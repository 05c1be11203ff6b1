/** apiextensions.k8s.io/v1 JSONSchemaProps, as far as a structural schema has them. */
export interface Structural {
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly properties?: { readonly [name: string]: Structural };
  readonly additionalProperties?: Structural | boolean;
  readonly items?: Structural;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly Structural[];
  readonly anyOf?: readonly Structural[];
  readonly oneOf?: readonly Structural[];
  readonly not?: Structural;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
}

/** A rule in CEL over the value at its place. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: "FieldValueRequired" | "FieldValueInvalid" | "FieldValueForbidden" | "FieldValueDuplicate";
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

export type Fields = { readonly [name: string]: unknown };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema of the values of a map, where it has one. */
export function valuesOf({ additionalProperties }: Structural): Structural | undefined {
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** The schema of a field, declared by name or as one of a map's values. */
export function fieldOf(schema: Structural, name: string): Structural | undefined {
  const { properties } = schema;
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : valuesOf(schema);
}

/** `spec.ports`, and of an object without a path `spec`. */
export function childPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** `apiVersion`, `kind` and `metadata` belong to a whole object, whatever its schema says. */
export const objectFields: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** The items of a list by their map keys, as one text; undefined for what is no object. */
export function mapKeyOf(item: unknown, keys: readonly string[], schema: Structural | undefined): string | undefined {
  if (!isFields(item)) return undefined;
  return JSON.stringify(keys.map((key) => item[key] ?? schema?.properties?.[key]?.default ?? null));
}
