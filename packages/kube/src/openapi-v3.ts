import type { ResourceInfo } from "./catalogue.ts";
import { customSchemas, type OpenApiForm, referredByCustom } from "./openapi-custom.ts";
import { findSchema, type Schema } from "./schema.ts";

type Json = { readonly [field: string]: unknown };

/** The OpenAPI v3 document of the resources of one group and version, for `/openapi/v3/…`: its kinds' schemas, and the paths that kubectl reads. */
export function openApiV3(resources: readonly ResourceInfo[]): Json {
  const wanted = new Set<string>();
  const custom: { [name: string]: Json } = {};
  for (const info of resources) {
    if (info.schema !== undefined) collect(info.schema, wanted);
    if (info.custom === undefined || info.resource.includes("/")) continue;
    for (const name of referredByCustom) collect(name, wanted);
    Object.assign(custom, customSchemas(info, info.custom, form));
  }
  const builtin = [...wanted].map((name) => [name, writeSchema(findSchema(name) as Schema)] as const);
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(resources.flatMap(writePaths)),
    components: { schemas: sortedFields({ ...Object.fromEntries(builtin), ...custom }) },
  };
}

const form: OpenApiForm = {
  version: 3,
  field: (name) => ({ allOf: [{ $ref: `#/components/schemas/${name}` }] }),
  item: (name) => ({ $ref: `#/components/schemas/${name}` }),
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

function writeSchema(schema: Schema): Json {
  if (schema.r !== undefined)
    return { allOf: [{ $ref: `#/components/schemas/${schema.r}` }], default: {}, ...extensions(schema) };
  return {
    ...(schema.t === undefined && schema.p === undefined ? {} : { type: schema.t ?? "object" }),
    ...(schema.f === undefined ? {} : { format: schema.f }),
    ...(schema.i === undefined ? {} : { items: writeSchema(schema.i) }),
    ...(schema.v === undefined ? {} : { additionalProperties: writeSchema(schema.v) }),
    ...(schema.p === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(schema.p).map(([key, value]) => [key, writeSchema(value)])) }),
    ...(schema.q === undefined ? {} : { required: schema.q }),
    ...(schema.g === undefined ? {} : { "x-kubernetes-group-version-kind": [schema.g] }),
    ...extensions(schema),
  };
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

const writeParameters = ["dryRun", "fieldManager", "fieldValidation"].map((name) => ({
  name,
  in: "query",
  schema: { type: "string", uniqueItems: true },
}));

function writePaths(resource: ResourceInfo): readonly (readonly [string, Json])[] {
  const base = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const [name = "", subresource] = resource.resource.split("/");
  const collection = `${base}${resource.namespaced ? "/namespaces/{namespace}" : ""}/${name}`;
  const gvk = { group: resource.group, version: resource.version, kind: resource.kind };
  const item = `${collection}/{name}${subresource === undefined ? "" : `/${subresource}`}`;
  const itemMethods = { get: "get", put: "update", patch: "patch", delete: "delete" };
  const collectionMethods = { get: "list", post: "create", delete: "deletecollection" };
  const paths: (readonly [string, Json])[] = [[item, operations(itemMethods, resource, gvk)]];
  if (subresource === undefined) paths.push([collection, operations(collectionMethods, resource, gvk)]);
  return paths;
}

function operations(methods: { readonly [method: string]: string }, { verbs }: ResourceInfo, gvk: Json): Json {
  const entries = Object.entries(methods)
    .filter(([, verb]) => verbs.includes(verb))
    .map(([method, verb]) => {
      const writes = verb === "create" || verb === "update" || verb === "patch";
      const action = verb === "create" ? "post" : verb === "update" ? "put" : verb;
      return [
        method,
        {
          ...(writes ? { parameters: writeParameters } : {}),
          responses: { 200: { description: "OK" } },
          "x-kubernetes-action": action,
          "x-kubernetes-group-version-kind": gvk,
        },
      ];
    });
  return Object.fromEntries(entries);
}
