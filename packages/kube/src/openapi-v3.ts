import { builtinResources, type ResourceInfo } from "./catalogue.ts";
import { findSchema, type Schema } from "./schema.ts";

type Json = { readonly [field: string]: unknown };

/** The OpenAPI v3 document of a group and version, for `/openapi/v3/…`: its kinds' schemas, and the paths that kubectl reads. */
export function openApiV3(group: string, version: string): Json {
  const resources = builtinResources.filter((each) => each.group === group && each.version === version);
  const wanted = new Set<string>();
  for (const { schema } of resources) if (schema !== undefined) collect(schema, wanted);
  const schemas = Object.fromEntries([...wanted].sort().map((name) => [name, writeSchema(findSchema(name) as Schema)]));
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(resources.flatMap((each) => writePaths(base, each))),
    components: { schemas },
  };
}

/** All groups and versions, as `/openapi/v3` lists them; clients keep a document as long as its hash stays. */
export function openApiV3Index(hashOf: (group: string, version: string) => string): Json {
  const places = new Map(
    builtinResources.map(({ group, version }) => [
      group === "" ? `api/${version}` : `apis/${group}/${version}`,
      { group, version },
    ]),
  );
  const urlOf = (place: string, { group, version }: { readonly group: string; readonly version: string }) => ({
    serverRelativeURL: `/openapi/v3/${place}?hash=${hashOf(group, version)}`,
  });
  return {
    paths: Object.fromEntries(
      [...places].sort(([a], [b]) => (a < b ? -1 : 1)).map(([place, at]) => [place, urlOf(place, at)]),
    ),
  };
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

function writePaths(base: string, resource: ResourceInfo): readonly (readonly [string, Json])[] {
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
