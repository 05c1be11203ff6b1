import assert from "node:assert/strict";
import { test } from "node:test";
import { mergedPatchText } from "./merged-patch-text.ts";

const cases: readonly (readonly [before: unknown, patch: unknown, text: string])[] = [
  [{}, { a: null, b: 1 }, "map[a:<nil> b:1]"],
  [{}, { a: [{ b: null, c: 1 }] }, "map[a:[map[c:1]]]"],
  [{ a: { d: 1 } }, { a: { b: null, c: { d: null } } }, "map[a:map[b:<nil> c:map[]]]"],
  [{ a: { b: 1 } }, { a: { b: "x", $retainKeys: ["b"], "$setElementOrder/c": [] } }, "map[a:map[b:x]]"],
  [{ a: null }, { a: [{ b: null, c: 1 }] }, "map[a:[map[c:1]]]"],
  [{ a: [1] }, { a: [{ b: null }] }, "map[a:[map[b:<nil>]]]"],
  [{ a: { b: 1 } }, { a: { $patch: "replace", c: null } }, "map[a:map[c:<nil>]]"],
  [{}, { a: { $patch: "replace", c: 1 } }, "map[a:map[$patch:replace c:1]]"],
  [{ a: { b: 1 } }, { a: { $patch: "delete" } }, "map[a:map[$patch:delete]]"],
  [{ a: [1] }, { "$setElementOrder/a": [1, 2], a: [2], b: 1 }, "map[b:1]"],
  [
    { spec: { containers: [{ name: "a" }] } },
    {
      spec: {
        containers: [
          { name: "a", $retainKeys: ["name"] },
          { name: "b", $retainKeys: ["name"] },
        ],
      },
    },
    "map[spec:map[containers:[map[name:a] map[$retainKeys:[name] name:b]]]]",
  ],
];

const pod = { schema: "io.k8s.api.core.v1.Pod" };

for (const [before, patch, text] of cases)
  test(`a patch that was merged is ${text}`, () => assert.equal(mergedPatchText(before, patch, pod), text));
