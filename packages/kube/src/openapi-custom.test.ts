import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, type ResourceInfo } from "./catalogue.ts";
import { openApiV2 } from "./openapi-v2.ts";
import { openApiV3 } from "./openapi-v3.ts";
import { customVersions } from "./structural/custom-version.ts";
import type { Structural } from "./structural/schema.ts";

type Json = { readonly [field: string]: unknown };

/** A widget whose definition has a schema. */
function widgetOf(openAPIV3Schema: Structural): ResourceInfo {
  const spec = { group: "example.com", scope: "Namespaced", names: { plural: "widgets", kind: "Widget" } };
  const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }];
  const definition = { apiVersion: "", kind: "", metadata: {}, spec: { ...spec, versions } };
  const custom = customVersions(definition)[0]?.custom;
  return {
    group: "example.com",
    version: "v1",
    resource: "widgets",
    kind: "Widget",
    namespaced: true,
    verbs: ["get", "list", "patch"],
    ...(custom === undefined ? {} : { custom }),
  };
}

/** Its schemas in both documents. */
function documentsOf(openAPIV3Schema: Structural): { readonly v2: Json; readonly v3: Json } {
  const info = widgetOf(openAPIV3Schema);
  const name = "com.example.v1.Widget";
  const { schemas } = openApiV3([info])["components"] as { readonly schemas: { readonly [name: string]: Json } };
  const { [name]: v2 = {} } = openApiV2([info])["definitions"] as { readonly [name: string]: Json };
  return { v2, v3: schemas[name] ?? {} };
}

const specOf = (document: Json) => (document["properties"] as { readonly spec: Json }).spec;
const either = [{ type: "integer" }, { type: "string" }];
const embedded = "x-kubernetes-embedded-resource";
const keepsUnknown = "x-kubernetes-preserve-unknown-fields";

/** The schema of `spec`, and what OpenAPI v3 and v2 say of it. */
const cases: readonly (readonly [schema: Structural, v3: Json, v2: Json])[] = [
  [
    { type: "string", pattern: "a", default: "b" },
    { type: "string", pattern: "a", default: "b" },
    { type: "string", pattern: "a" },
  ],
  [{ type: "string", nullable: true }, { type: "string", nullable: true }, {}],
  [
    { "x-kubernetes-int-or-string": true },
    { "x-kubernetes-int-or-string": true, anyOf: either },
    { "x-kubernetes-int-or-string": true },
  ],
  [{ type: "string", oneOf: [{ minLength: 1 }] }, { type: "string", oneOf: [{ minLength: 1 }] }, { type: "string" }],
  [
    { type: "object", [keepsUnknown]: true, properties: { a: { type: "string" } } },
    { type: "object", [keepsUnknown]: true, properties: { a: { type: "string" } } },
    { [keepsUnknown]: true },
  ],
  [
    {
      type: "object",
      required: ["a", "b"],
      properties: { a: { type: "string", nullable: true }, b: { type: "string" } },
    },
    {
      type: "object",
      required: ["a", "b"],
      properties: { a: { type: "string", nullable: true }, b: { type: "string" } },
    },
    { type: "object", required: ["b"], properties: { a: {}, b: { type: "string" } } },
  ],
  [
    { type: "object", additionalProperties: { type: "integer" } },
    { type: "object", additionalProperties: { type: "integer" } },
    { type: "object", additionalProperties: { type: "integer" } },
  ],
];

test("schemas of definitions in both documents", () => {
  for (const [spec, wantedV3, wantedV2] of cases) {
    const { v2, v3 } = documentsOf({ type: "object", properties: { spec } });
    assert.deepEqual([specOf(v3), specOf(v2)], [wantedV3, wantedV2]);
  }
});

test("an object within an object is one of some kind", () => {
  const { v3 } = documentsOf({
    type: "object",
    properties: { spec: { type: "object", [embedded]: true, properties: {} } },
  });
  const { required, properties } = specOf(v3) as { required: string[]; properties: Json };
  assert.deepEqual(
    [required, Object.keys(properties)],
    [
      ["kind", "apiVersion"],
      ["apiVersion", "kind", "metadata"],
    ],
  );
});

test("kinds are found by group and version; of objects that hold anything, OpenAPI v2 says nothing", () => {
  const { v2, v3 } = documentsOf({ type: "object", [keepsUnknown]: true });
  const kind = [{ group: "example.com", kind: "Widget", version: "v1" }];
  assert.deepEqual(v2, { type: "object", "x-kubernetes-group-version-kind": kind });
  assert.deepEqual(
    [v3["x-kubernetes-group-version-kind"], Object.keys(v3["properties"] as Json)],
    [kind, ["apiVersion", "kind", "metadata"]],
  );
});

test("clients are told that custom resources take no strategic merge patches", () => {
  const patchesOf = (info: ResourceInfo) => {
    const paths = Object.values(openApiV3([info])["paths"] as Json) as readonly Json[];
    const [patch] = paths.flatMap(({ patch }) => (patch === undefined ? [] : [patch as Json]));
    return Object.keys((patch?.["requestBody"] as Json)["content"] as Json).map((type) => type.split("/")[1]);
  };
  const custom = ["json-patch+json", "merge-patch+json"];
  assert.deepEqual(patchesOf(widgetOf({ type: "object" })), [...custom, "apply-patch+yaml"]);
  assert.deepEqual(patchesOf(findResource("", "v1", "pods") as ResourceInfo), [
    ...custom,
    "strategic-merge-patch+json",
    "apply-patch+yaml",
  ]);
});
