import assert from "node:assert/strict";
import { test } from "node:test";
import { findResource, isProtobuf, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import { decodeStored, encodeStored, inStorageVersion, outgoing, type StorageMediaType } from "./encode.ts";

const protobuf: StorageMediaType = "application/vnd.kubernetes.protobuf";
const infoOf = (group: string, version: string, resource: string) =>
  findResource(group, version, resource) as ResourceInfo;
const stored = (object: KubeObject, info: ResourceInfo, type: StorageMediaType) =>
  decodeStored({ value: encodeStored(inStorageVersion(object, info), info, type), modRevision: 7 });

for (const type of ["application/json", protobuf] as const)
  test(`an object comes back as it was stored, with its revision: ${type}`, () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", namespace: "b", resourceVersion: "3" },
      data: { k: "v" },
    };
    assert.equal(isProtobuf(encodeStored(object, infoOf("", "v1", "configmaps"), type)), type === protobuf);
    assert.deepEqual(stored(object, infoOf("", "v1", "configmaps"), type), {
      ...object,
      metadata: { ...object.metadata, resourceVersion: "7" },
    });
  });

test("events of either group are stored as core ones, and shown as each group names them", () => {
  const info = infoOf("events.k8s.io", "v1", "events");
  const object = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: "e", namespace: "n" },
    regarding: { kind: "Pod", name: "p" },
    note: "started",
    deprecatedCount: 2,
  };
  const core = stored(object, info, protobuf);
  assert.deepEqual([core.apiVersion, core["message"], core["count"]], ["v1", "started", 2]);
  assert.deepEqual(core["involvedObject"], { kind: "Pod", name: "p" });
  const shown = outgoing(core, info);
  assert.deepEqual([shown.apiVersion, shown["note"], shown["deprecatedCount"]], ["events.k8s.io/v1", "started", 2]);
  assert.equal(shown["message"], undefined);
});

test("custom objects are JSON with sorted keys whatever is asked for", () => {
  const info = {
    group: "example.com",
    version: "v1",
    resource: "widgets",
    kind: "Widget",
    namespaced: true,
    verbs: [],
  };
  const object = {
    kind: "Widget",
    apiVersion: "example.com/v1",
    metadata: { name: "w" },
    spec: { b: [{ d: 1, c: 2 }], a: 1 },
  };
  assert.equal(
    Buffer.from(encodeStored(object, info, protobuf)).toString(),
    '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w"},"spec":{"a":1,"b":[{"c":2,"d":1}]}}\n',
  );
});

test("a CustomResourceDefinition as kube-apiserver stores it, in v1beta1, is read as v1", () => {
  const schema = { openAPIV3Schema: { type: "object" } };
  const value = {
    kind: "CustomResourceDefinition",
    apiVersion: "apiextensions.k8s.io/v1beta1",
    metadata: { name: "ws.example.com" },
    spec: {
      group: "example.com",
      version: "v1",
      names: { plural: "ws", kind: "W" },
      scope: "Namespaced",
      validation: schema,
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: "N", type: "integer", JSONPath: ".spec.n" }],
      versions: [{ name: "v1", served: true, storage: true }],
      conversion: {
        strategy: "Webhook",
        webhookClientConfig: { url: "https://a.example.com" },
        conversionReviewVersions: ["v1"],
      },
      preserveUnknownFields: false,
    },
  };
  assert.deepEqual(decodeStored({ value: Buffer.from(JSON.stringify(value)), modRevision: 1 })["spec"], {
    group: "example.com",
    names: { plural: "ws", kind: "W" },
    scope: "Namespaced",
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema,
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: "N", type: "integer", jsonPath: ".spec.n" }],
      },
    ],
    conversion: {
      strategy: "Webhook",
      webhook: { clientConfig: { url: "https://a.example.com" }, conversionReviewVersions: ["v1"] },
    },
  });
});
