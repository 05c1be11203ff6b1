import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeProtobuf, isProtobuf } from "@sallyport/kube";
import { parse } from "yaml";
import { withServer } from "../server.fixture.ts";

const protobuf = "application/vnd.kubernetes.protobuf";

/** A path, its Accept header, and the kind that comes back in protobuf. */
const answers: readonly (readonly [path: string, accept: string, code: number, kind: string])[] = [
  ["/api/v1/namespaces/default", protobuf, 200, "Namespace"],
  ["/api/v1/namespaces?limit=2", protobuf, 200, "NamespaceList"],
  ["/api/v1/namespaces/none", protobuf, 404, "Status"],
  [
    "/api/v1/namespaces",
    `${protobuf};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io`,
    200,
    "PartialObjectMetadataList",
  ],
  ["/apis", protobuf, 200, "APIGroupList"],
  ["/api/v1", protobuf, 200, "APIResourceList"],
  ["/apis", `${protobuf};g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList`, 200, "APIGroupDiscoveryList"],
];

test("answers in protobuf", () =>
  withServer(async ({ bytes, call }) => {
    for (const [path, accept, code, kind] of answers) {
      const answer = await bytes(path, accept);
      assert.equal(answer.code, code, path);
      assert.equal(answer.type.split(";")[0], protobuf, path);
      assert.equal(decodeProtobuf(answer.body)["kind"], kind, path);
    }
    const { body } = await call("/api/v1/namespaces?limit=2");
    const list = decodeProtobuf((await bytes("/api/v1/namespaces?limit=2", protobuf)).body) as typeof body;
    assert.deepEqual(list.items.map(nameOf), body.items.map(nameOf));
  }));

const nameOf = ({ metadata }: { readonly metadata: { readonly name: string } }) => metadata.name;

test("a watch in protobuf is frames of their length", () =>
  withServer(async ({ bytes }) => {
    const path = "/api/v1/namespaces?watch=true&timeoutSeconds=1&fieldSelector=metadata.name=default";
    const { body, type } = await bytes(path, `${protobuf};stream=watch`);
    assert.equal(type, `${protobuf};stream=watch`);
    const length = body.readUInt32BE();
    assert.equal(body.length, 4 + length);
    assert.equal(body.subarray(6, 6 + (body[5] ?? 0)).toString(), "ADDED");
    const object = body.subarray(body.indexOf(Buffer.from("k8s\0")));
    assert.ok(isProtobuf(object));
    assert.equal(decodeProtobuf(object)["kind"], "Namespace");
  }));

/** A path, a header, and what is refused with which text. */
const refusals: readonly (readonly [path: string, accept: string, message: string])[] = [
  [
    "/api/v1/namespaces/default",
    "application/foo",
    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  ],
  [
    "/api/v1/namespaces?watch=1",
    "application/yaml",
    "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
  ],
];

test("forms that are not served are refused in kube-apiserver's words", () =>
  withServer(async ({ call }) => {
    for (const [path, accept, message] of refusals) {
      const answer = await call(path, { accept });
      assert.equal(answer.code, 406);
      const status = typeof answer.body === "string" ? parse(answer.body) : answer.body;
      assert.equal(status.message, message);
    }
  }));

test("YAML says twice what stands twice: groups name a version among their versions", () =>
  withServer(async ({ call }) => {
    const { code, body } = await call("/apis", { accept: "application/yaml" });
    assert.equal(code, 200);
    assert.match(body, /- name: apps\n {2}preferredVersion:\n {4}groupVersion: apps\/v1\n/);
    assert.doesNotMatch(body, /[&*]a\d/);
  }));
