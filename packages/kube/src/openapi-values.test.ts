import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinResources } from "./catalogue.ts";
import { openApiV2 } from "./openapi-v2.ts";
import { encodeOpenApiV2 } from "./openapi-v2-protobuf.ts";
import { openApiV3 } from "./openapi-v3.ts";

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at many places
type Json = any;

const v2: Json = openApiV2(builtinResources);
const v3: Json = openApiV3(builtinResources.filter(({ group }) => group === ""));
const core = "io.k8s.api.core.v1.";

/** A field's enumeration and default, in v2, which tells of no defaults, and in v3. */
const cases: readonly (readonly [
  type: string,
  field: string,
  values: readonly string[] | undefined,
  byDefault: unknown,
])[] = [
  ["ContainerPort", "protocol", ["SCTP", "TCP", "UDP"], "TCP"],
  ["ContainerPort", "containerPort", undefined, 0],
  ["ContainerPort", "name", undefined, undefined],
  ["Container", "name", undefined, ""],
  ["Container", "imagePullPolicy", ["Always", "IfNotPresent", "Never"], undefined],
  ["Pod", "spec", undefined, {}],
  ["PodSpec", "securityContext", undefined, undefined],
  ["PodSpec", "containers", undefined, undefined],
];

for (const [type, field, values, byDefault] of cases)
  test(`OpenAPI of ${type}.${field}`, () => {
    const [old, current] = [v2.definitions, v3.components.schemas].map((all) => all[core + type].properties[field]);
    assert.deepEqual([old.enum, old.default], [values, undefined]);
    assert.deepEqual([current.enum, current.default], [values, byDefault]);
  });

test("all values of a list's items are told of the items", () => {
  const modes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
  for (const schemas of [v2.definitions, v3.components.schemas]) {
    const { items, enum: own } = schemas[`${core}PersistentVolumeSpec`].properties.accessModes;
    assert.deepEqual([items.enum, own], [modes, undefined]);
  }
});

test("a type that is one of several tells which field goes with which value", () => {
  for (const schemas of [v2.definitions, v3.components.schemas])
    assert.deepEqual(schemas[`${core}SeccompProfile`]["x-kubernetes-unions"], [
      { discriminator: "type", "fields-to-discriminateBy": { localhostProfile: "LocalhostProfile" } },
    ]);
});

test("protobuf tells of all values, as YAML", () => {
  const protocol = { type: "string", enum: ["TCP", "UDP"] };
  const bytes = encodeOpenApiV2({
    swagger: "2.0",
    info: { title: "t", version: "v" },
    paths: {},
    definitions: { port: protocol },
  });
  // Schema.enum is field 20, Any.yaml field 2.
  const hex = Buffer.from(bytes).toString("hex");
  for (const value of ["TCP", "UDP"]) {
    const yaml = Buffer.from(`"${value}"\n`).toString("hex");
    assert.ok(hex.includes(`a201081206${yaml}`), value);
  }
});
