import assert from "node:assert/strict";
import { test } from "node:test";
import { withServer } from "../server.fixture.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

// What kube-apiserver makes of the version that an object says it is of: verb, path, version, code and what is said.
const cases: readonly (readonly [method: string, path: string, version: string, code: number, message?: string])[] = [
  ["POST", maps, "0", 201],
  ["POST", maps, "none", 201],
  ["POST", maps, "5", 500, "resourceVersion should not be set on objects to be created"],
  ["PUT", `${maps}/a`, "0", 200],
  ["PUT", `${maps}/a`, "00", 200],
  ["PUT", `${maps}/a`, "5", 409],
  ["PUT", `${maps}/a`, "none", 500, 'strconv.ParseUint: parsing "none": invalid syntax'],
  ["PUT", `${maps}/a`, "-1", 500, 'strconv.ParseUint: parsing "-1": invalid syntax'],
  [
    "PUT",
    `${maps}/a`,
    "18446744073709551616",
    500,
    'strconv.ParseUint: parsing "18446744073709551616": value out of range',
  ],
  [
    "PUT",
    `${leases}/a`,
    "0",
    422,
    'leases.coordination.k8s.io "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
  ],
  ["PATCH", `${maps}/a`, "0", 200],
  ["PATCH", `${maps}/a`, "5", 409],
];

for (const [method, path, version, code, message] of cases)
  test(`${method} ${path} of version ${version}`, () =>
    withServer(async ({ call }) => {
      for (const collection of [maps, leases]) await call(collection, { body: { metadata: { name: "a" } } });
      const body = { metadata: { name: method === "POST" ? "b" : "a", resourceVersion: version }, data: { k: "v" } };
      const sent = path.startsWith(leases) ? { metadata: body.metadata } : body;
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const answer = await call(path, { method, body: sent, type });
      assert.equal(answer.code, code, JSON.stringify(answer.body));
      if (message !== undefined) assert.equal(answer.body.message, message);
    }));
