import assert from "node:assert/strict";
import { test } from "node:test";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./patch.ts";

const merges: readonly [what: string, target: unknown, patch: unknown, result: unknown][] = [
  ["sets and keeps", { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
  ["null removes", { a: 1, b: 2 }, { a: null }, { b: 2 }],
  ["lists are replaced", { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ["a scalar becomes an object", { a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
];

for (const [what, target, patch, result] of merges) {
  test(`merge patch: ${what}`, () => assert.deepEqual(applyMergePatch(target, patch), result));
}

test("JSON patch applies whole or not at all", () => {
  const document = { a: { b: 1 } };
  assert.deepEqual(
    applyJsonPatch(document, [
      { op: "add", path: "/a/c", value: 2 },
      { op: "remove", path: "/a/b" },
    ]),
    { a: { c: 2 } },
  );
  assert.throws(() => applyJsonPatch(document, [{ op: "test", path: "/a/b", value: 2 }]), /operation does not apply/);
  assert.throws(() => applyJsonPatch(document, { op: "add" }), /error decoding patch/);
  assert.deepEqual(document, { a: { b: 1 } });
});

test("__proto__ in a patch is only a key", () => {
  const patched = applyMergePatch({}, JSON.parse('{"__proto__": {"polluted": 1}}')) as object;
  assert.equal(({} as { polluted?: number }).polluted, undefined);
  assert.ok(Object.hasOwn(patched, "__proto__"));
});
