import { conform } from "../go/conform.ts";
import { jsonTypeOf } from "../go/restore-fault.ts";
import { StatusError } from "../status.ts";
import { childPath, type Fields, fieldOf, isFields, objectFields, type Structural } from "./schema.ts";

export interface Pruned {
  readonly value: unknown;
  /** The paths that the schema does not know, sorted; those within metadata come last. */
  readonly unknown: readonly string[];
}

/** Takes away what a structural schema does not know. `isObject` tells a whole object, which has its own metadata. */
export function prune(value: unknown, schema: Structural, isObject: boolean): Pruned {
  const unknown: string[] = [];
  const pruned = pruneValue(value, schema, "", isObject, unknown);
  return { value: pruned, unknown: unknown.sort() };
}

function pruneValue(value: unknown, schema: Structural, path: string, isObject: boolean, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((item, i) => pruneValue(item, items, `${path}[${i}]`, isEmbedded(items), unknown));
  }
  if (!isFields(value)) return value;
  const kept: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const field = isObject && objectFields.has(name) ? {} : fieldOf(schema, name);
    const at = childPath(path, name);
    if (isObject && objectFields.has(name)) kept.push([name, item]);
    else if (field !== undefined) kept.push([name, pruneValue(item, field, at, isEmbedded(field), unknown)]);
    else if (keepsUnknown(schema)) kept.push([name, item]);
    else unknown.push(at);
  }
  return Object.fromEntries(kept);
}

function isEmbedded(schema: Structural): boolean {
  return schema["x-kubernetes-embedded-resource"] === true;
}

function keepsUnknown(schema: Structural): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true;
}

/** Holds the metadata of the object and of all objects embedded in it against ObjectMeta. Throws `BadRequest` for a wrong type. */
export function conformMetadata(value: Fields, schema: Structural, kind: Kind): { value: Fields; unknown: string[] } {
  const unknown: string[] = [];
  return { value: metadataWithin(value, schema, "", true, kind, unknown) as Fields, unknown };
}

function noMetadata(value: unknown, { kind, version }: Kind): StatusError {
  const why = `json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type v1.ObjectMeta`;
  return new StatusError("BadRequest", `${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

type Kind = { readonly kind: string; readonly version: string };

function metadataWithin(
  value: unknown,
  schema: Structural,
  path: string,
  isObject: boolean,
  kind: Kind,
  unknown: string[],
): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((item, i) => metadataWithin(item, items, `${path}[${i}]`, isEmbedded(items), kind, unknown));
  }
  if (!isFields(value)) return value;
  const entries = Object.entries(value).map(([name, item]): [string, unknown] => {
    const at = childPath(path, name);
    if (path === "" && name === "metadata" && item !== null && !isFields(item)) throw noMetadata(item, kind);
    if (isObject && name === "metadata" && isFields(item)) {
      const { object, unknown: found } = conform(item, objectMeta, kind);
      unknown.push(...found.map((text) => `${at}.${/"(.*)"/.exec(text)?.[1] ?? ""}`));
      return [name, object];
    }
    const field = isObject && objectFields.has(name) ? undefined : fieldOf(schema, name);
    return [name, field === undefined ? item : metadataWithin(item, field, at, isEmbedded(field), kind, unknown)];
  });
  return Object.fromEntries(entries);
}
