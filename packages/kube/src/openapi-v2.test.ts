import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinResources } from "./catalogue.ts";
import { openApiV2 } from "./openapi-v2.ts";
import { encodeOpenApiV2 } from "./openapi-v2-protobuf.ts";

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at many places
const document = openApiV2(builtinResources) as any;

test("every reference has its definition", () => {
  const refs = [...JSON.stringify(document).matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name ?? "");
  assert.ok(refs.length > 1000);
  assert.deepEqual(
    refs.filter((name) => document.definitions[name] === undefined),
    [],
  );
});

test("kinds are found by group and version, lists by their keys", () => {
  const pod = document.definitions["io.k8s.api.core.v1.Pod"];
  assert.deepEqual(pod["x-kubernetes-group-version-kind"], [{ group: "", kind: "Pod", version: "v1" }]);
  const { containers } = document.definitions["io.k8s.api.core.v1.PodSpec"].properties;
  assert.equal(containers.items.$ref, "#/definitions/io.k8s.api.core.v1.Container");
  assert.equal(containers["x-kubernetes-patch-merge-key"], "name");
});

test("a patch tells that it can be tried without effect", () => {
  const { patch } = document.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"];
  assert.deepEqual(patch["x-kubernetes-group-version-kind"], { group: "apps", version: "v1", kind: "Deployment" });
  assert.ok(patch.parameters.some(({ name }: { name: string }) => name === "dryRun"));
});

/** One field of a message: its number and length, as gnostic numbers them. */
function field(number: number, hex: string): string {
  const varint = (value: number) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);
  return Buffer.from([...varint(number * 8 + 2), ...varint(hex.length / 2)]).toString("hex") + hex;
}

const text = (value: string) => Buffer.from(value).toString("hex");

test("the protobuf form has gnostic's fields", () => {
  const bytes = encodeOpenApiV2({
    swagger: "2.0",
    info: { title: "T", version: "V" },
    paths: {
      "/p": {
        patch: {
          operationId: "o",
          description: "e",
          parameters: [
            { name: "n", in: "query", type: "string" },
            { $ref: "#/parameters/q" },
            { name: "body", in: "body", schema: { $ref: "#/definitions/D" } },
          ],
          responses: { 200: { description: "OK", schema: { $ref: "#/definitions/D" } } },
        },
      },
    },
    definitions: {
      D: { type: "object", required: ["f"], properties: { f: { $ref: "#/definitions/D" } }, "x-a": ["b"] },
      M: { description: "m", title: "t", additionalProperties: true },
    },
    parameters: { q: { name: "q", in: "query", type: "string" } },
  });
  const parameter = (name: string) =>
    field(2, field(3, field(2, text("query")) + field(4, text(name)) + field(6, text("string"))));
  const reference = field(1, text("#/definitions/D"));
  const answer = field(1, text("OK")) + field(2, field(1, reference));
  const response = field(1, text("200")) + field(2, field(1, answer));
  const body = field(1, field(2, text("body")) + field(3, text("body")) + field(5, reference));
  const operation =
    field(3, text("e")) +
    field(5, text("o")) +
    field(8, field(1, parameter("n"))) +
    field(8, field(2, field(1, text("#/parameters/q")))) +
    field(8, field(1, body)) +
    field(9, field(1, response));
  const property = field(1, text("f")) + field(2, reference);
  const map = field(3, text("t")) + field(4, text("m")) + field(21, "1001");
  const definition =
    field(19, text("f")) +
    field(22, field(1, text("object"))) +
    field(25, field(1, property)) +
    field(31, field(1, text("x-a")) + field(2, field(2, text('["b"]\n'))));
  assert.equal(
    Buffer.from(bytes).toString("hex"),
    field(1, text("2.0")) +
      field(2, field(1, text("T")) + field(2, text("V"))) +
      field(8, field(2, field(1, text("/p")) + field(2, field(8, operation)))) +
      field(9, field(1, field(1, text("D")) + field(2, definition)) + field(1, field(1, text("M")) + field(2, map))) +
      field(10, field(1, field(1, text("q")) + field(2, parameter("q")))),
  );
});

/** Operations by method and path, with what generated clients call their functions and classes. */
const operations: { readonly [operation: string]: readonly [id: string, tag: string, codes: string] } = {
  "get /api/v1/pods": ["listCoreV1PodForAllNamespaces", "core_v1", "200 401"],
  "get /api/v1/namespaces/{namespace}/pods": ["listCoreV1NamespacedPod", "core_v1", "200 401"],
  "post /api/v1/namespaces/{namespace}/pods": ["createCoreV1NamespacedPod", "core_v1", "200 201 202 401"],
  "delete /api/v1/namespaces/{namespace}/pods": ["deleteCoreV1CollectionNamespacedPod", "core_v1", "200 401"],
  "get /api/v1/namespaces/{namespace}/pods/{name}/log": ["readCoreV1NamespacedPodLog", "core_v1", "200 401"],
  "post /api/v1/namespaces/{namespace}/pods/{name}/exec": ["connectCoreV1PostNamespacedPodExec", "core_v1", "200 401"],
  "head /api/v1/nodes/{name}/proxy/{path}": ["connectCoreV1HeadNodeProxyWithPath", "core_v1", "200 401"],
  "patch /apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale": [
    "patchAppsV1NamespacedDeploymentScale",
    "apps_v1",
    "200 201 401",
  ],
  "put /apis/rbac.authorization.k8s.io/v1/clusterroles/{name}": [
    "replaceRbacAuthorizationV1ClusterRole",
    "rbacAuthorization_v1",
    "200 201 401",
  ],
};

for (const [operation, expected] of Object.entries(operations))
  test(`clients are told of ${operation}`, () => {
    const [method = "", path = ""] = operation.split(" ");
    const { operationId, tags, responses } = document.paths[path][method];
    assert.deepEqual([operationId, tags.join(), Object.keys(responses).join(" ")], expected);
  });

test("only what is served is told of", () => {
  const pods = openApiV2(builtinResources.filter(({ resource }) => resource === "pods")) as typeof document;
  assert.equal(pods.definitions["io.k8s.api.apps.v1.Deployment"], undefined);
  assert.ok(pods.definitions["io.k8s.api.core.v1.PodSpec"]);
});
