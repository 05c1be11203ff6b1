import type { ResourceInfo } from "./catalogue.ts";
import { describeField, describeType } from "./descriptions/descriptions.ts";
import { customSchemas, listSchemaOf, type OpenApiForm, schemaNameOf } from "./openapi-custom.ts";
import { type Operation, type Parameter, parentOf, pathParametersOf, placesOf } from "./openapi-operations.ts";
import { enumerated, unionsOf, valuesOfField } from "./openapi-values.ts";
import { findSchema, type Schema } from "./schema.ts";

type Json = { readonly [field: string]: unknown };

/** The OpenAPI v3 document of a group and version, for `/openapi/v3/…`, by its resources: schemas of its kinds, and paths. */
export function openApiV3(resources: readonly ResourceInfo[]): Json {
  const custom: { [name: string]: Json } = {};
  for (const info of resources)
    if (info.custom !== undefined && !info.resource.includes("/"))
      Object.assign(custom, customSchemas(info, info.custom, form));
  const paths = resources.flatMap((each) => pathsOf(each, parentOf(each, resources)));
  const builtin = [...schemasBehind([custom, paths, watchEventIn(resources, reference)], refPrefix)].map(
    (name) => [name, typeOf(name, findSchema(name) as Schema)] as const,
  );
  return {
    openapi: "3.0.0",
    info,
    paths: Object.fromEntries(paths),
    components: {
      schemas: sortedFields({ ...Object.fromEntries(builtin), ...custom }),
      securitySchemes: { BearerToken: bearerToken },
    },
  };
}

/** What both versions of OpenAPI say of the API as a whole. */
export const info: Json = { title: "Kubernetes", version: "1.37" };

/** How clients say who they are, besides certificates, of which OpenAPI v2 knows nothing. */
export const bearerToken: Json = {
  type: "apiKey",
  description: "A bearer token.",
  name: "authorization",
  in: "header",
};

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

const watchEvent = "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent";

/** No operation names what watches are made of. */
export function watchEventIn(resources: readonly ResourceInfo[], refer: (name: string) => Json): Json | undefined {
  return resources.some(({ custom, verbs }) => custom === undefined && verbs.includes("watch"))
    ? refer(watchEvent)
    : undefined;
}

/** Types that JSON has several forms of. */
const several: { readonly [name: string]: Json } = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": { oneOf: [{ type: "string" }, { type: "number" }] },
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {
    format: "int-or-string",
    oneOf: [{ type: "integer" }, { type: "string" }],
  },
};

/** Names of the built-in schemas that are referred to in a part of the document, and in them. */
export function schemasBehind(part: unknown, prefix: string): ReadonlySet<string> {
  const wanted = new Set<string>();
  for (const name of referencesIn(part, prefix)) collect(name, wanted);
  return wanted;
}

function* referencesIn(value: unknown, prefix: string): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, each] of Object.entries(value))
    if (key === "$ref" && typeof each === "string") yield each.slice(prefix.length);
    else yield* referencesIn(each, prefix);
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
    several[name] ?? { ...schemaOf(schema, (field) => fieldOf(name, schema, field)), ...unionsOf(name) },
  );
}

/** A field with what is said of it alone, which cannot stand beside a reference. */
function fieldOf(name: string, type: Schema, field: string): Json {
  const schema = type.p?.[field] as Schema;
  const { d, e } = valuesOfField(name, field);
  const written =
    schema.r === undefined ? schemaOf(schema) : { allOf: [{ $ref: `${refPrefix}${schema.r}` }], ...extensions(schema) };
  return described(describeField(name, type, field), {
    ...enumerated(written, schema, e),
    ...(d === undefined ? {} : { default: d }),
  });
}

function schemaOf(schema: Schema, field?: (name: string) => Json): Json {
  if (schema.r !== undefined) return { $ref: `${refPrefix}${schema.r}`, ...extensions(schema) };
  const fields = Object.entries(schema.p ?? {});
  return {
    ...(schema.t === undefined && schema.p === undefined ? {} : { type: schema.t ?? "object" }),
    ...(schema.f === undefined ? {} : { format: schema.f }),
    ...(schema.i === undefined ? {} : { items: schemaOf(schema.i) }),
    ...(schema.v === undefined ? {} : { additionalProperties: schemaOf(schema.v) }),
    ...(schema.p === undefined
      ? {}
      : {
          properties: Object.fromEntries(fields.map(([key, each]) => [key, field?.(key) ?? schemaOf(each)])),
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

function pathsOf(resource: ResourceInfo, parent: string | undefined): readonly (readonly [string, Json])[] {
  const places = placesOf(resource, schemaNameOf(resource), listSchemaOf(resource), parent);
  const isCustom = resource.custom !== undefined;
  const write = (operation: Operation): Json => {
    const { operationId, tag, description, parameters, body, answer, action, codes, of } = operation;
    const isRequired = !action.startsWith("delete");
    const content = contentOf(
      answer === undefined ? { type: "string" } : reference(answer),
      answerTypes(operation, isCustom),
    );
    return {
      operationId,
      tags: [tag],
      description,
      parameters: parameters.map(parameterOf),
      ...(body === undefined
        ? {}
        : {
            requestBody: {
              content: contentOf(reference(body), bodyTypes(operation, isCustom)),
              ...(isRequired && { required: true }),
            },
          }),
      responses: {
        ...Object.fromEntries(codes.map((code) => [code, { description: codeTexts[code], content }])),
        401: { description: "Unauthorized" },
      },
      "x-kubernetes-action": action,
      "x-kubernetes-group-version-kind": of,
    };
  };
  return places.map(({ path, operations }) => [
    path,
    {
      ...Object.fromEntries(operations.map((each) => [each.method, write(each)])),
      parameters: pathParametersOf(path).map(({ name, description }) => ({
        name,
        in: "path",
        required: true,
        description,
        schema: { type: "string", uniqueItems: true },
      })),
    },
  ]);
}

/** HTTP's words for the codes that operations answer. */
export const codeTexts: { readonly [code: number]: string } = { 200: "OK", 201: "Created", 202: "Accepted" };

/** Custom resources have no Go structs, which protobuf is made from. */
export function answerTypes({ action, isConnect, answer }: Operation, isCustom: boolean): readonly string[] {
  if (isConnect) return ["*/*"];
  const types = ["application/json", "application/yaml", ...(isCustom ? [] : ["application/vnd.kubernetes.protobuf"])];
  // A log is text; what is refused of it is not.
  if (answer === undefined) return ["text/plain", ...types];
  const watched = [
    "application/json;stream=watch",
    ...(isCustom ? [] : ["application/vnd.kubernetes.protobuf;stream=watch"]),
  ];
  return action === "list" ? [...types, ...watched] : types;
}

/** Custom resources have no Go structs, whose tags the strategic merge goes by. */
export function bodyTypes({ action }: Operation, isCustom: boolean): readonly string[] {
  if (action !== "patch") return ["*/*"];
  const patches = ["json-patch+json", "merge-patch+json", ...(isCustom ? [] : ["strategic-merge-patch+json"])];
  return [...patches, "apply-patch+yaml"].map((each) => `application/${each}`);
}

function reference(name: string): Json {
  return { $ref: `${refPrefix}${name}` };
}

function contentOf(schema: Json, types: readonly string[]): Json {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function parameterOf({ name, type, description }: Parameter): Json {
  return { name, in: "query", description, schema: { type, uniqueItems: true } };
}
