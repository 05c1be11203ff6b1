import table from "./data/openapi-values.generated.json" with { type: "json" };
import type { Schema } from "./schema.ts";

type Json = { readonly [field: string]: unknown };

/** What OpenAPI says of the values of a field: see scripts/generate/openapi-values.ts. */
export interface FieldValues {
  /** The default, of OpenAPI v3 alone. */
  readonly d?: unknown;
  /** All values that there are, of the field itself or of its items. */
  readonly e?: readonly string[];
}

const types = table as unknown as {
  readonly [type: string]: { readonly f?: { readonly [field: string]: FieldValues }; readonly u?: readonly Json[] };
};

export function valuesOfField(type: string, field: string): FieldValues {
  const fields = Object.hasOwn(types, type) ? types[type]?.f : undefined;
  return fields !== undefined && Object.hasOwn(fields, field) ? (fields[field] as FieldValues) : {};
}

/** Which field goes with which value of another, where a type is one of several. */
export function unionsOf(type: string): Json {
  const unions = Object.hasOwn(types, type) ? types[type]?.u : undefined;
  return unions === undefined ? {} : { "x-kubernetes-unions": unions };
}

/** A field's schema with all values that there are. */
export function enumerated(written: Json, { i, v }: Schema, values: readonly string[] | undefined): Json {
  if (values === undefined) return written;
  const inner = i !== undefined ? "items" : v !== undefined ? "additionalProperties" : undefined;
  if (inner === undefined) return { ...written, enum: values };
  return { ...written, [inner]: { ...(written[inner] as Json), enum: values } };
}
