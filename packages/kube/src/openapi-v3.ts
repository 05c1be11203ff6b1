import type { ResourceInfo } from "./catalogue.ts";
import { describeField, describeType } from "./descriptions/descriptions.ts";
import { customSchemas, listSchemaOf, type OpenApiForm, schemaNameOf } from "./openapi-custom.ts";
import { type Operation, type Parameter, placesOf } from "./openapi-operations.ts";
import { findSchema, type Schema } from "./schema.ts";

type Json = { readonly [field: string]: unknown };

/** The OpenAPI v3 document of a group and version, for `/openapi/v3/…`, by its resources: schemas of its kinds, and paths. */
export function openApiV3(resources: readonly ResourceInfo[]): Json {
  const custom: { [name: string]: Json } = {};
  for (const info of resources)
    if (info.custom !== undefined && !info.resource.includes("/"))
      Object.assign(custom, customSchemas(info, info.custom, form));
  const paths = resources.flatMap((each) => pathsOf(each));
  const wanted = new Set<string>();
  for (const name of referencesIn([custom, paths])) collect(name, wanted);
  const builtin = [...wanted].map((name) => [name, typeOf(name, findSchema(name) as Schema)] as const);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(paths),
    components: { schemas: sortedFields({ ...Object.fromEntries(builtin), ...custom }) },
  };
}

const refPrefix = "#/components/schemas/";

const form: OpenApiForm = {
  version: 3,
  field: (name) => ({ allOf: [{ $ref: `${refPrefix}${name}` }] }),
  item: (name) => ({ $ref: `${refPrefix}${name}` }),
};

/** All groups and versions, as `/openapi/v3` lists them; clients keep a document as long as its hash stays. */
export function openApiV3Index(
  resources: Iterable<ResourceInfo>,
  hashOf: (group: string, version: string) => string,
): Json {
  const paths: { [place: string]: Json } = {};
  for (const { group, version } of resources) {
    const place = group === "" ? `api/${version}` : `apis/${group}/${version}`;
    paths[place] ??= { serverRelativeURL: `/openapi/v3/${place}?hash=${hashOf(group, version)}` };
  }
  return { paths: sortedFields(paths) };
}

function sortedFields(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Names of the schemas that are referred to anywhere in a part of the document. */
function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, each] of Object.entries(value))
    if (key === "$ref" && typeof each === "string") yield each.slice(refPrefix.length);
    else yield* referencesIn(each);
}

function collect(name: string, wanted: Set<string>): void {
  const schema = findSchema(name);
  if (schema === undefined || wanted.has(name)) return;
  wanted.add(name);
  for (const ref of refsOf(schema)) collect(ref, wanted);
}

function* refsOf(schema: Schema): Generator<string> {
  if (schema.r !== undefined) yield schema.r;
  for (const inner of [schema.i, schema.v, ...Object.values(schema.p ?? {})])
    if (inner !== undefined) yield* refsOf(inner);
}

function typeOf(name: string, schema: Schema): Json {
  return described(
    describeType(name, schema),
    schemaOf(schema, (field) => describeField(name, schema, field)),
  );
}

function schemaOf(schema: Schema, describe: (field: string) => string | undefined = () => undefined): Json {
  if (schema.r !== undefined)
    return { allOf: [{ $ref: `${refPrefix}${schema.r}` }], default: {}, ...extensions(schema) };
  const fields = Object.entries(schema.p ?? {});
  return {
    ...(schema.t === undefined && schema.p === undefined ? {} : { type: schema.t ?? "object" }),
    ...(schema.f === undefined ? {} : { format: schema.f }),
    ...(schema.i === undefined ? {} : { items: schemaOf(schema.i) }),
    ...(schema.v === undefined ? {} : { additionalProperties: schemaOf(schema.v) }),
    ...(schema.p === undefined
      ? {}
      : {
          properties: Object.fromEntries(fields.map(([key, each]) => [key, described(describe(key), schemaOf(each))])),
        }),
    ...(schema.q === undefined ? {} : { required: schema.q }),
    ...(schema.g === undefined ? {} : { "x-kubernetes-group-version-kind": [schema.g] }),
    ...extensions(schema),
  };
}

/** A schema, with what it is for people where that is known. */
export function described(description: string | undefined, schema: Json): Json {
  return description === undefined ? schema : { description, ...schema };
}

/** What merging and server-side apply need to know of a field. */
export function extensions({ lt, lk, mt, pk, ps }: Schema): Json {
  return {
    ...(lt === undefined ? {} : { "x-kubernetes-list-type": lt }),
    ...(lk === undefined ? {} : { "x-kubernetes-list-map-keys": lk }),
    ...(mt === undefined ? {} : { "x-kubernetes-map-type": mt }),
    ...(pk === undefined ? {} : { "x-kubernetes-patch-merge-key": pk }),
    ...(ps === undefined ? {} : { "x-kubernetes-patch-strategy": ps }),
  };
}

function pathsOf(resource: ResourceInfo): readonly (readonly [string, Json])[] {
  const { group, version, kind, custom } = resource;
  const places = placesOf(resource, schemaNameOf(resource), listSchemaOf(resource));
  const write = ({ operationId, description, parameters, body, answer, action, method }: Operation): Json => ({
    operationId,
    description,
    parameters: parameters.map(parameterOf),
    ...(body === undefined
      ? {}
      : { requestBody: { content: contentOf(body, bodyTypes(method, custom !== undefined)) } }),
    responses: {
      200: { description: "OK", ...(answer === undefined ? {} : { content: contentOf(answer, answerTypes) }) },
    },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group, version, kind },
  });
  return places.map(({ path, operations }) => [
    path,
    Object.fromEntries(operations.map((each) => [each.method, write(each)])),
  ]);
}

const answerTypes = ["application/json", "application/yaml"];

/** Custom resources have no Go structs, whose tags the strategic merge goes by. */
function bodyTypes(method: Operation["method"], isCustom: boolean): readonly string[] {
  if (method !== "patch") return ["*/*"];
  const patches = ["apply-patch+yaml", "json-patch+json", "merge-patch+json"];
  return [...patches, ...(isCustom ? [] : ["strategic-merge-patch+json"])].map((each) => `application/${each}`);
}

function contentOf(name: string, types: readonly string[]): Json {
  return Object.fromEntries(types.map((type) => [type, { schema: { $ref: `${refPrefix}${name}` } }]));
}

function parameterOf({ name, type, description }: Parameter): Json {
  return { name, in: "query", description, schema: { type, uniqueItems: true } };
}
