import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../object.ts";
import { withoutEmptyLists } from "./empty-lists.ts";

const cases: readonly (readonly [string, string, object, object])[] = [
  ["a list", "io.k8s.api.rbac.v1.Role", { rules: [] }, { rules: null }],
  ["in a list", "io.k8s.api.rbac.v1.Role", { rules: [{ verbs: [] }] }, { rules: [{ verbs: null }] }],
  [
    "free JSON keeps its own",
    "io.k8s.api.apps.v1.ControllerRevision",
    { data: { a: [] }, metadata: { finalizers: [] } },
    { data: { a: [] }, metadata: { finalizers: null } },
  ],
  ["nothing to do", "io.k8s.api.rbac.v1.Role", { rules: null }, { rules: null }],
];

for (const [name, schema, object, expected] of cases)
  test(`lists in which nothing is are not stored: ${name}`, () => {
    const found = withoutEmptyLists(object as unknown as KubeObject, schema);
    assert.deepEqual(found, expected);
  });
