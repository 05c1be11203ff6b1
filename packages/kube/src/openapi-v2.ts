import { builtinResources, type ResourceInfo } from "./catalogue.ts";
import { customSchemas } from "./openapi-custom.ts";
import { extensions } from "./openapi-v3.ts";
import { findSchema, type Schema, schemaNames } from "./schema.ts";

type Json = { readonly [field: string]: unknown };

/** The OpenAPI v2 document of `/openapi/v2`: every kind's schema, and the paths with what clients ask of them; `custom` beside what is built in. */
export function openApiV2(custom: readonly ResourceInfo[] = []): Json {
  const names = [...schemaNames()].sort();
  const added = custom.flatMap((info) =>
    info.custom === undefined || info.resource.includes("/")
      ? []
      : Object.entries(customSchemas(info, info.custom, { version: 2, field: referenceTo, item: referenceTo })),
  );
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries([...builtinResources, ...custom].flatMap(pathsOf)),
    definitions: Object.fromEntries([
      ...names.map((name) => [name, schemaOf(findSchema(name) as Schema)] as const),
      ...added,
    ]),
  };
}

function referenceTo(name: string): Json {
  return { $ref: `#/definitions/${name}` };
}

function schemaOf(schema: Schema): Json {
  if (schema.r !== undefined) return { $ref: `#/definitions/${schema.r}`, ...extensions(schema) };
  const type = schema.t ?? (schema.p === undefined && schema.v === undefined ? undefined : "object");
  return {
    ...(type === undefined ? {} : { type }),
    ...(schema.f === undefined ? {} : { format: schema.f }),
    ...(schema.q === undefined ? {} : { required: schema.q }),
    ...(schema.i === undefined ? {} : { items: schemaOf(schema.i) }),
    ...(schema.v === undefined ? {} : { additionalProperties: schemaOf(schema.v) }),
    ...(schema.p === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(schema.p).map(([name, each]) => [name, schemaOf(each)])) }),
    ...(schema.g === undefined ? {} : { "x-kubernetes-group-version-kind": [schema.g] }),
    ...extensions(schema),
  };
}

/** Query parameters by verb: clients look here for what a server can do. */
const parameterNames: { readonly [verb: string]: readonly string[] } = {
  create: ["dryRun", "fieldManager", "fieldValidation"],
  update: ["dryRun", "fieldManager", "fieldValidation"],
  patch: ["dryRun", "fieldManager", "fieldValidation", "force"],
  delete: ["dryRun"],
  deletecollection: ["dryRun"],
};

const actions: { readonly [verb: string]: string } = { create: "post", update: "put" };

function pathsOf(resource: ResourceInfo): readonly (readonly [string, Json])[] {
  const { group, version, namespaced, verbs } = resource;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const [name = "", subresource] = resource.resource.split("/");
  const collection = `${base}${namespaced ? "/namespaces/{namespace}" : ""}/${name}`;
  const item = `${collection}/{name}${subresource === undefined ? "" : `/${subresource}`}`;
  const isItem = subresource !== undefined || verbs.includes("get");
  const onItem = {
    get: "get",
    put: "update",
    patch: "patch",
    delete: "delete",
    ...(subresource ? { post: "create" } : {}),
  };
  const onCollection = { get: "list", post: "create", delete: "deletecollection" };
  return [
    ...(isItem ? [[item, operationsOf(resource, onItem)] as const] : []),
    ...(subresource === undefined ? [[collection, operationsOf(resource, onCollection)] as const] : []),
  ];
}

function operationsOf(resource: ResourceInfo, methods: { readonly [method: string]: string }): Json {
  const { group, version, kind, verbs } = resource;
  const served = Object.entries(methods).filter(([, verb]) => verbs.includes(verb));
  return Object.fromEntries(
    served.map(([method, verb]) => [
      method,
      {
        operationId: `${verb}:${group}/${version}/${resource.resource}`,
        ...(parameterNames[verb] === undefined ? {} : { parameters: parameterNames[verb].map(parameterOf) }),
        responses: { 200: { description: "OK" } },
        "x-kubernetes-action": actions[verb] ?? verb,
        "x-kubernetes-group-version-kind": { group, version, kind },
      },
    ]),
  );
}

function parameterOf(name: string): Json {
  return { name, in: "query", type: name === "force" ? "boolean" : "string", uniqueItems: true };
}
