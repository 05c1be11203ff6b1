import assert from "node:assert/strict";
import { test } from "node:test";
import { openApiV2 } from "./openapi-v2.ts";
import { encodeOpenApiV2 } from "./openapi-v2-protobuf.ts";

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at many places
const document = openApiV2() as any;

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
  const key = number * 8 + 2;
  const bytes = key < 0x80 ? [key] : [(key & 0x7f) | 0x80, key >> 7];
  return Buffer.from([...bytes, hex.length / 2]).toString("hex") + hex;
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
          parameters: [{ name: "n", in: "query", type: "string" }],
          responses: { 200: { description: "OK" } },
        },
      },
    },
    definitions: {
      D: { type: "object", required: ["f"], properties: { f: { $ref: "#/definitions/D" } }, "x-a": ["b"] },
    },
  });
  const parameter = field(2, text("query")) + field(4, text("n")) + field(6, text("string"));
  const response = field(1, text("200")) + field(2, field(1, field(1, text("OK"))));
  const operation =
    field(5, text("o")) + field(8, field(1, field(2, field(3, parameter)))) + field(9, field(1, response));
  const property = field(1, text("f")) + field(2, field(1, text("#/definitions/D")));
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
      field(9, field(1, field(1, text("D")) + field(2, definition))),
  );
});
