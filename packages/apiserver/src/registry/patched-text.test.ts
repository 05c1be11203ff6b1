import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import { patchedText } from "./patched-text.ts";

const info = findKind("", "v1", "LimitRange") as ResourceInfo;
const current = {
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { creationTimestamp: "t", name: "x" },
  spec: { limits: [{ min: { b: "1", a: "<" }, type: "Pod" }] },
} as unknown as KubeObject;

const metadata = `"metadata":{"name":"x","creationTimestamp":"t"}`;
const item = `{"type":"Pod","min":{"a":"\\u003c","b":"1"}}`;

/** A patch, and how kube-apiserver shows what it makes. */
const rows: readonly (readonly [patch: unknown, shown: string])[] = [
  [{}, `{"apiVersion":"v1","kind":"LimitRange",${metadata},"spec":{"limits":[${item}]}}`],
  [
    { spec: { limits: [{ type: "b", min: { z: 1, a: null } }] } },
    `{"apiVersion":"v1","kind":"LimitRange",${metadata},"spec":{"limits":[{"min":{"z":1},"type":"b"}]}}`,
  ],
  [{ spec: null }, `{"apiVersion":"v1","kind":"LimitRange",${metadata}}`],
  [
    [{ op: "add", path: "/metadata/labels", value: { b: "", a: "" } }],
    `{"apiVersion":"v1","kind":"LimitRange","metadata":{"creationTimestamp":"t","labels":{"b":"","a":""},"name":"x"},"spec":{"limits":[${item}]}}`,
  ],
  [
    [{ op: "replace", path: "/spec/limits/0", value: { min: { b: "2", a: "3" }, type: "b" } }],
    `{"apiVersion":"v1","kind":"LimitRange",${metadata},"spec":{"limits":[{"min":{"b":"2","a":"3"},"type":"b"}]}}`,
  ],
];

for (const [patch, shown] of rows)
  test(`a patch of ${JSON.stringify(patch)} is shown as it was made`, () =>
    assert.equal(patchedText(current, patch, info), shown));
