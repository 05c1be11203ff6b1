import assert from "node:assert/strict";
import { test } from "node:test";
import recorded from "./protobuf.recorded.json" with { type: "json" };
import { decodeProtobuf } from "./protobuf.ts";
import { encodeProtobuf, hasProtobuf } from "./protobuf-encode.ts";

for (const [key, base64] of Object.entries(recorded))
  test(`decodes and encodes again what kube-apiserver wrote of ${key}`, () => {
    const bytes = Buffer.from(base64, "base64");
    const object = decodeProtobuf(bytes) as unknown as Parameters<typeof encodeProtobuf>[0];
    assert.ok(bytes.equals(encodeProtobuf(object)), JSON.stringify(object));
  });

/** An object, and the bytes behind its envelope: fields that are no pointers are always there. */
const encoded: { readonly [what: string]: readonly [fields: object, hex: string] } = {
  "maps in the order of their keys' bytes": [
    { data: { é: "1", a: "2", Z: "" } },
    "0a10 0a00 1200 1a00 2200 2a00 3200 3800 4200 1205 0a015a 1200 1206 0a0161 120132 1207 0a02c3a9 120131",
  ],
  "bytes from base64": [
    { binaryData: { k: "AAE=" } },
    "0a10 0a00 1200 1a00 2200 2a00 3200 3800 4200 1a07 0a016b 12020001",
  ],
  "pointers only when they are there": [{ immutable: false }, "0a10 0a00 1200 1a00 2200 2a00 3200 3800 4200 2000"],
};

for (const [what, [fields, hex]] of Object.entries(encoded))
  test(`encodes ${what}`, () => {
    const bytes = encodeProtobuf({ apiVersion: "v1", kind: "ConfigMap", metadata: {}, ...fields });
    const raw = Buffer.from(hex.replaceAll(" ", ""), "hex");
    const envelope = Buffer.from("6b3873000a0f0a0276311209436f6e6669674d6170", "hex");
    const tail = Buffer.from("1a002200", "hex");
    assert.equal(
      Buffer.from(bytes).toString("hex"),
      Buffer.concat([envelope, Buffer.from([0x12, raw.length]), raw, tail]).toString("hex"),
    );
  });

test("negative numbers, times before 1970 and text beyond ASCII come back", () => {
  const object = {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "π", creationTimestamp: "1969-12-31T23:59:58Z" },
    value: -5,
    globalDefault: true,
  };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(object)), object);
});

test("what kube-apiserver keeps as JSON, and custom objects, have no protobuf", () => {
  assert.equal(hasProtobuf("v1", "Pod"), true);
  assert.equal(hasProtobuf("apiextensions.k8s.io/v1", "CustomResourceDefinition"), false);
  assert.equal(hasProtobuf("apiregistration.k8s.io/v1", "APIService"), false);
  assert.equal(hasProtobuf("batch.example.com/v1", "Job"), false);
});

test("webhook configurations, policies and other kinds whose Go tags differ keep JSON's names", () => {
  const webhooks = [{ name: "a.example.com", clientConfig: {}, sideEffects: "None", admissionReviewVersions: ["v1"] }];
  const metadata = { name: "w" };
  const configuration = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata,
    webhooks,
  };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(configuration)), configuration);
});
