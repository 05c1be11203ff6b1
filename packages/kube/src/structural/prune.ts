import { conform, conformStruct } from "../go/conform.ts";
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
    const known = isObject && objectFields.has(name) ? {} : fieldOf(schema, name);
    // Of any value that may stand there nothing is known.
    const field = known ?? (schema.additionalProperties === true && !keepsUnknown(schema) ? {} : undefined);
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
  return schema["x-kubernetes-preserve-unknown-fields"] === true;
}

/** Holds the metadata of the object and of all objects embedded in it against ObjectMeta. Throws `BadRequest` for a wrong type. */
export function conformMetadata(value: Fields, schema: Structural, kind: Kind): { value: Fields; unknown: string[] } {
  const unknown: string[] = [];
  return { value: metadataWithin(value, schema, "", true, kind, unknown) as Fields, unknown };
}

/** Why values of an object's metadata are of wrong types, in the words in which Go restores maps; undefined where none is. */
export function metadataFault(metadata: Fields): string | undefined {
  try {
    conformStruct(metadata, objectMeta, "", "map");
    return undefined;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error.message;
  }
}

function noMetadata(value: unknown, { kind, version }: Kind): StatusError {
  const why = `json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type v1.ObjectMeta`;
  return new StatusError("BadRequest", `${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
}

/** The same of an object within, whose place is told. */
function embeddedMetadata(metadata: Fields, path: string, kind: Kind): ReturnType<typeof conform> {
  try {
    return conform(metadata, objectMeta, kind);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const start = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: `;
    const why = error.message.replace(start, "");
    const shown = JSON.stringify(sorted(metadata));
    throw new StatusError("BadRequest", `${start}${path}: Invalid value: ${shown}: ${why}`);
  }
}

function sorted(value: Fields): Fields {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
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
      const { object, unknown: found } =
        path === "" ? conform(item, objectMeta, kind) : embeddedMetadata(item, at, kind);
      unknown.push(...found.map((text) => `${at}.${/"(.*)"/.exec(text)?.[1] ?? ""}`));
      return [name, object];
    }
    const field = isObject && objectFields.has(name) ? undefined : fieldOf(schema, name);
    return [name, field === undefined ? item : metadataWithin(item, field, at, isEmbedded(field), kind, unknown)];
  });
  return Object.fromEntries(entries);
}
