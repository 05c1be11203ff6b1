import type { ResourceInfo } from "./catalogue.ts";
import { describeField, describeType } from "./descriptions/descriptions.ts";
import { customSchemas, listSchemaOf, schemaNameOf } from "./openapi-custom.ts";
import {
  listParameters,
  type Operation,
  type Parameter,
  parentOf,
  pathParametersOf,
  placesOf,
} from "./openapi-operations.ts";
import {
  answerTypes,
  bearerToken,
  bodyTypes,
  codeTexts,
  described,
  extensions,
  info,
  schemasBehind,
  watchEventIn,
} from "./openapi-v3.ts";
import { enumerated, unionsOf, valuesOfField } from "./openapi-values.ts";
import { findSchema, type Schema } from "./schema.ts";

type Json = { readonly [field: string]: unknown };

/** The OpenAPI v2 document of `/openapi/v2`: the schemas of all kinds that are served, and the paths of resources with what clients ask of them. */
export function openApiV2(resources: readonly ResourceInfo[]): Json {
  const added = resources.flatMap((info) =>
    info.custom === undefined || info.resource.includes("/")
      ? []
      : Object.entries(customSchemas(info, info.custom, { version: 2, field: referenceTo, item: referenceTo })),
  );
  const paths = resources.flatMap((each) => pathsOf(each, parentOf(each, resources)));
  const builtin = [...schemasBehind([added, paths, watchEventIn(resources, referenceTo)], refPrefix)].map(
    (name) => [name, typeOf(name, findSchema(name) as Schema)] as const,
  );
  return {
    swagger: "2.0",
    info,
    paths: Object.fromEntries(paths),
    definitions: Object.fromEntries([...builtin, ...added].sort(([a], [b]) => (a < b ? -1 : 1))),
    parameters: Object.fromEntries(listParameters.map((each) => [each.name, parameterOf(each)])),
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  };
}

const refPrefix = "#/definitions/";

function referenceTo(name: string): Json {
  return { $ref: `${refPrefix}${name}` };
}

function typeOf(name: string, schema: Schema): Json {
  return described(describeType(name, schema), {
    ...schemaOf(schema, (field) => fieldOf(name, schema, field)),
    ...unionsOf(name),
  });
}

function fieldOf(name: string, type: Schema, field: string): Json {
  const schema = type.p?.[field] as Schema;
  const written = enumerated(schemaOf(schema), schema, valuesOfField(name, field).e);
  return described(describeField(name, type, field), written);
}

function schemaOf(schema: Schema, field?: (name: string) => Json): Json {
  if (schema.r !== undefined) return { ...referenceTo(schema.r), ...extensions(schema) };
  const type = schema.t ?? (schema.p === undefined && schema.v === undefined ? undefined : "object");
  const fields = Object.entries(schema.p ?? {});
  return {
    ...(type === undefined ? {} : { type }),
    ...(schema.f === undefined ? {} : { format: schema.f }),
    ...(schema.q === undefined ? {} : { required: schema.q }),
    ...(schema.i === undefined ? {} : { items: schemaOf(schema.i) }),
    ...(schema.v === undefined ? {} : { additionalProperties: schemaOf(schema.v) }),
    ...(schema.p === undefined
      ? {}
      : {
          properties: Object.fromEntries(fields.map(([key, each]) => [key, field?.(key) ?? schemaOf(each)])),
        }),
    ...(schema.g === undefined ? {} : { "x-kubernetes-group-version-kind": [schema.g] }),
    ...extensions(schema),
  };
}

/** Written once; clients look for the others in each operation. */
const shared: ReadonlySet<string> = new Set(listParameters.map(({ name }) => name));

function pathsOf(resource: ResourceInfo, parent: string | undefined): readonly (readonly [string, Json])[] {
  const places = placesOf(resource, schemaNameOf(resource), listSchemaOf(resource), parent);
  const isCustom = resource.custom !== undefined;
  const write = (operation: Operation): Json => {
    const { operationId, tag, description, parameters, body, answer, action, codes, of } = operation;
    const schema = answer === undefined ? { type: "string" } : referenceTo(answer);
    return {
      operationId,
      tags: [tag],
      description,
      schemes: ["https"],
      consumes: bodyTypes(operation, isCustom),
      produces: answerTypes(operation, isCustom),
      parameters: [
        ...parameters.map((each) =>
          shared.has(each.name) ? { $ref: `#/parameters/${each.name}` } : parameterOf(each),
        ),
        ...(body === undefined
          ? []
          : [{ name: "body", in: "body", required: !action.startsWith("delete"), schema: referenceTo(body) }]),
      ],
      responses: {
        ...Object.fromEntries(codes.map((code) => [code, { description: codeTexts[code], schema }])),
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
        type: "string",
        description,
        uniqueItems: true,
      })),
    },
  ]);
}

function parameterOf({ name, type, description }: Parameter): Json {
  return { name, in: "query", type, description, uniqueItems: true };
}
