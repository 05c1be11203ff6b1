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
];

for (const [before, patch, text] of cases)
  test(`a patch that was merged is ${text}`, () => assert.equal(mergedPatchText(before, patch), text));
