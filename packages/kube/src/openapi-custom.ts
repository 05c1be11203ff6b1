import type { ResourceInfo } from "./catalogue.ts";
import { commonFields } from "./descriptions/descriptions.ts";
import type { CustomVersion } from "./structural/custom-version.ts";
import type { Structural } from "./structural/schema.ts";

type Json = { readonly [field: string]: unknown };

const objectMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const listMeta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

/** How a document of one of the two versions of OpenAPI is written. */
export interface OpenApiForm {
  readonly version: 2 | 3;
  /** A field whose schema is another one of the document. */
  readonly field: (name: string) => Json;
  /** The same as item of a list. */
  readonly item: (name: string) => Json;
}

/** `com.example.v1.Widget`: kube-apiserver's name of a custom kind's schema. */
function schemaName({ group, version }: ResourceInfo, kind: string): string {
  return `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

/** The name of the schema of a resource's or subresource's objects. */
export function schemaNameOf(info: ResourceInfo): string | undefined {
  if (info.custom === undefined) return info.schema;
  return info.kind === "Scale" ? "io.k8s.api.autoscaling.v1.Scale" : schemaName(info, info.kind);
}

/** The name of the schema of a list of them, where they can be listed. */
export function listSchemaOf(info: ResourceInfo): string | undefined {
  if (!info.verbs.includes("list")) return undefined;
  if (info.custom !== undefined) return schemaName(info, info.custom.listKind);
  return info.schema && `${info.schema}List`;
}

/** The schemas of a custom kind and of its list, by name. */
export function customSchemas(
  info: ResourceInfo,
  custom: CustomVersion,
  form: OpenApiForm,
): { readonly [name: string]: Json } {
  const { group, version, kind } = info;
  const name = schemaName(info, kind);
  const kindOf = (each: string) => ({ "x-kubernetes-group-version-kind": [{ group, kind: each, version }] });
  const list = {
    description: `${custom.listKind} is a list of ${kind}`,
    type: "object",
    required: ["items"],
    properties: {
      ...typed,
      items: { description: `List of ${info.resource}.`, type: "array", items: form.item(name) },
      metadata: { description: commonFields["metadata"], ...form.field(listMeta) },
    },
    ...kindOf(custom.listKind),
  };
  return { [name]: { ...wholeOf(custom, form), ...kindOf(kind) }, [schemaName(info, custom.listKind)]: list };
}

const typed = {
  apiVersion: { description: commonFields["apiVersion"], type: "string" },
  kind: { description: commonFields["kind"], type: "string" },
};

function metadataIn(form: OpenApiForm): Json {
  return { description: commonFields["metadata"], ...form.field(objectMeta) };
}

function wholeOf({ schema = {} }: CustomVersion, form: OpenApiForm): Json {
  const isOpen = schema.type === undefined || schema["x-kubernetes-preserve-unknown-fields"] === true;
  // OpenAPI v2 says nothing of objects that hold what they like: its clients would refuse the rest.
  if (isOpen && form.version === 2) return { type: "object" };
  const { properties, ...written } = schemaIn(schema, form);
  const fields = { ...(properties as Json | undefined), ...typed, metadata: metadataIn(form) };
  return { type: "object", ...written, properties: sorted(fields) };
}

function sorted(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * A structural schema in a document. OpenAPI v2 has no alternatives and no null, and its clients refuse fields beside those that
 * are named: what may be null or more than is declared says nothing of itself there.
 */
function schemaIn(schema: Structural, form: OpenApiForm): Json {
  const { allOf, anyOf, oneOf, not, nullable, default: value, ...rest } = schema;
  const { type, properties, items, additionalProperties, required, ...told } = rest;
  const isV2 = form.version === 2;
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const isHidden = isV2 && (nullable === true || isOpen);
  const needed = isV2 ? (required ?? []).filter((name) => properties?.[name]?.nullable !== true) : required;
  const alternatives = { allOf, anyOf: anyOf ?? intOrString(schema), oneOf, not, nullable, default: value };
  const inner = isHidden ? undefined : properties && schemasIn(properties, form);
  const embeds = schema["x-kubernetes-embedded-resource"] === true && !(isV2 && isOpen);
  return defined({
    ...told,
    ...(isHidden ? {} : { type }),
    required: embeds ? ["kind", "apiVersion", ...(needed ?? [])] : needed?.length === 0 ? undefined : needed,
    additionalProperties:
      typeof additionalProperties === "object" ? schemaIn(additionalProperties, form) : additionalProperties,
    items: items === undefined || isHidden ? undefined : schemaIn(items, form),
    properties: embeds ? sorted({ ...inner, ...typed, metadata: metadataIn(form) }) : inner,
    ...(isV2 ? {} : alternatives),
  });
}

function schemasIn(properties: { readonly [name: string]: Structural }, form: OpenApiForm): Json {
  return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, schemaIn(each, form)]));
}

function intOrString(schema: Structural): readonly Json[] | undefined {
  return schema["x-kubernetes-int-or-string"] === true ? [{ type: "integer" }, { type: "string" }] : undefined;
}

function defined(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
