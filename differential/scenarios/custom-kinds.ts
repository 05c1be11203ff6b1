import { parse } from "yaml";
import {
  type Any,
  definition,
  definitionsPath,
  make,
  removed,
  schema,
  served,
  Things,
  withDefinition,
} from "./definitions.ts";
import type { Scenario, WaitingStep } from "./run.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";

const names =
  "names: {plural: things, singular: thing, kind: Thing, listKind: Things, shortNames: [tg, tgs], categories: [all, odd]}";

export function discovery(): Scenario {
  const group = "found.example.com";
  const spec = [
    "a: {type: string, default: x, enum: [x, y], nullable: true, title: t, description: d}",
    "b: {x-kubernetes-int-or-string: true, pattern: '^a'}",
    "c: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], maxItems: 3, items: {type: object, required: [k], properties: {k: {type: string}, v: {type: integer, format: int64, minimum: 1, exclusiveMinimum: true}}}}",
    "d: {type: object, x-kubernetes-preserve-unknown-fields: true}",
    "e: {x-kubernetes-preserve-unknown-fields: true}",
    "f: {type: object, additionalProperties: {type: number, multipleOf: 2}, x-kubernetes-map-type: atomic}",
    "g: {type: object, properties: {h: {type: string}}, anyOf: [{required: [h]}, {not: {required: [h]}}], x-kubernetes-validations: [{rule: \"self.h != 'a'\", message: m}]}",
  ].join(", ");
  const described = "/components/schemas/com.example.found.v1.Thing/properties/spec";
  const version = schema(`spec: {type: object, properties: {${spec}}}`);
  return withDefinition("found", definition("found", version, names), [
    { method: "GET", path: `/apis/${group}` },
    { method: "GET", path: "/apis", accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList" },
    { method: "GET", path: `/openapi/v3/apis/${group}/v1`, only: described, until: { code: 200 } },
    { method: "GET", path: `/apis/${group}/v2` },
    { method: "GET", path: `/apis/${group}/v1/things` },
    { method: "GET", path: `/apis/${group}/v1/nothings` },
    { method: "GET", path: `/apis/${group}/v1/namespaces/d/things/a/status` },
    { method: "GET", path: `/apis/${group}/v1/namespaces/d/things/a/scale` },
    { method: "POST", path: `/apis/${group}/v1/things`, body: {} },
    {
      method: "GET",
      path: `/apis/apiregistration.k8s.io/v1/apiservices/v1.${group}`,
      until: { at: "/status/conditions/0/status", is: "True" },
    },
    { method: "GET", path: `${definitionsPath}/things.${group}`, accept: table },
  ]);
}

export function conflicts(): Scenario {
  const other = definition("names", schema("a: {type: string}"), names);
  const same = (plural: string, more: string): Any => ({
    ...definition("names", schema("a: {type: string}"), `names: {plural: ${plural}, ${more}}`),
    metadata: { name: `${plural}.names.example.com` },
  });
  const path = (plural: string) => `${definitionsPath}/${plural}.names.example.com`;
  const refused = (plural: string): WaitingStep => ({
    method: "GET",
    path: path(plural),
    until: { at: "/status/conditions/0/status" },
  });
  const others = ["bodies", "minds", "souls", "lists"];
  const established = (plural: string): WaitingStep => ({
    method: "GET",
    path: path(plural),
    until: { at: "/status/conditions/1/reason", is: "InitialNamesAccepted" },
  });
  return {
    name: "names",
    steps: [
      make(other),
      ...served("names"),
      make(same("bodies", "singular: body, kind: Thing")),
      refused("bodies"),
      make(same("minds", "singular: thing, kind: Mind")),
      refused("minds"),
      make(same("souls", "singular: soul, kind: Soul, shortNames: [tg, sl]")),
      refused("souls"),
      make(same("lists", "singular: list, kind: Listed, listKind: Things")),
      refused("lists"),
      ...removed("names"),
      { method: "GET", path: path("bodies"), until: { at: "/status/acceptedNames/kind", is: "Thing" } },
      ...others.map(established),
      ...others.map((each): WaitingStep => ({ method: "DELETE", path: path(each) })),
    ],
  };
}

export function versions(): Scenario {
  const [old, next] = [new Things("aging", "v1beta1"), new Things("aging", "v1")];
  const body = definition(
    "aging",
    "",
    `versions: [{name: v1beta1, served: true, storage: false, deprecated: true, ${schema("a: {type: string}, b: {type: integer, default: 1}")}}, {name: v1alpha1, served: true, storage: false, deprecated: true, deprecationWarning: 'go away', ${schema("a: {type: string}")}}, {name: v1, served: true, storage: true, ${schema("a: {type: string}, c: {type: integer, default: 2}")}}, {name: v9, served: false, storage: false, ${schema("a: {type: string}")}}]`,
  );
  const path = `${definitionsPath}/things.aging.example.com`;
  return withDefinition("aging", body, [
    { method: "GET", path: "/apis/aging.example.com" },
    old.post("a", "a: x"),
    next.get("a"),
    old.get("a"),
    old.put("a", "a: q"),
    old.put("a", "a: r, b: 1"),
    next.post("b", "a: y, b: 5, c: 6"),
    old.get("b"),
    new Things("aging", "v1alpha1").get("b"),
    new Things("aging", "v9").get("b"),
    { method: "POST", path: old.collection, body: next.object("c", "a: x") },
    {
      method: "PATCH",
      path,
      type: "application/json-patch+json",
      body: parse(
        "[{op: replace, path: /spec/versions/2/storage, value: false}, {op: replace, path: /spec/versions/0/storage, value: true}]",
      ),
    },
    {
      method: "PATCH",
      path,
      type: "application/json-patch+json",
      body: parse("[{op: remove, path: /spec/versions/2}]"),
    },
    {
      method: "PATCH",
      path: `${path}/status`,
      type: "application/merge-patch+json",
      body: { status: { storedVersions: ["v1beta1"] } },
    },
    {
      method: "PATCH",
      path: `${path}/status`,
      type: "application/merge-patch+json",
      body: { status: { storedVersions: ["v7"] } },
    },
    {
      method: "PATCH",
      path: `${path}/status`,
      type: "application/merge-patch+json",
      body: { status: { storedVersions: [] } },
    },
  ]);
}

export function clusterWide(): Scenario {
  const body = definition("wide", schema("a: {type: string}"), "scope: Cluster");
  const path = "/apis/wide.example.com/v1/things";
  const thing = { apiVersion: "wide.example.com/v1", kind: "Thing", metadata: { name: "a" } };
  return {
    name: "wide",
    steps: [
      make(body),
      { method: "GET", path: "/apis/wide.example.com/v1", until: { code: 200 } },
      { method: "GET", path, until: { code: 200 } },
      { method: "POST", path, body: thing },
      { method: "POST", path: "/apis/wide.example.com/v1/namespaces/d/things", body: thing },
      { method: "GET", path: `${path}/a`, accept: table },
      { method: "POST", path, body: { ...thing, metadata: { name: "b" }, kind: "Other" } },
      { method: "POST", path, body: { ...thing, metadata: { name: "B_" } } },
      { method: "POST", path, body: { ...thing, metadata: {} } },
      {
        method: "POST",
        path,
        type: "application/yaml",
        body: "apiVersion: wide.example.com/v1\nkind: Thing\nmetadata: {name: y}\na: b\n",
      },
      { method: "PATCH", path: `${path}/a`, type: "application/merge-patch+json", body: { metadata: { name: "b" } } },
      { method: "GET", path: `${path}?watch=true&timeoutSeconds=1` },
      { method: "DELETE", path },
      ...removed("wide"),
    ],
  };
}
