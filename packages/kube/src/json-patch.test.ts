import assert from "node:assert/strict";
import { test } from "node:test";
import { applyJsonPatch, PatchError, patchJson } from "./json-patch.ts";

const document = { a: { b: 1 }, l: ["x", "y"] };

const applied: readonly (readonly [string, object, object])[] = [
  ["add a field", { op: "add", path: "/a/c", value: 2 }, { a: { b: 1, c: 2 }, l: ["x", "y"] }],
  ["add into a list", { op: "add", path: "/l/1", value: "z" }, { a: { b: 1 }, l: ["x", "z", "y"] }],
  ["add at the end", { op: "add", path: "/l/-", value: "z" }, { a: { b: 1 }, l: ["x", "y", "z"] }],
  ["add nothing", { op: "add", path: "/a/c" }, { a: { b: 1, c: null }, l: ["x", "y"] }],
  ["remove from a list's end", { op: "remove", path: "/l/-1" }, { a: { b: 1 }, l: ["x"] }],
  ["replace what is absent", { op: "replace", path: "/a/c", value: 2 }, { a: { b: 1, c: 2 }, l: ["x", "y"] }],
  ["replace all", { op: "replace", path: "", value: { n: 1 } }, { n: 1 }],
  ["move", { op: "move", from: "/a/b", path: "/c" }, { a: {}, l: ["x", "y"], c: 1 }],
  ["copy what is absent", { op: "copy", from: "/n", path: "/c" }, { a: { b: 1 }, l: ["x", "y"], c: null }],
  ["test what is absent for null", { op: "test", path: "/n", value: null }, document],
  ["escapes", { op: "add", path: "/a~1b~0c", value: 1 }, { ...document, "a/b~c": 1 }],
];

for (const [name, operation, wanted] of applied)
  test(`JSON patch: ${name}`, () => assert.deepEqual(applyJsonPatch(document, [operation]), wanted));

const refused: readonly object[] = [
  { op: "foo", path: "/a" },
  { path: "/a" },
  { op: "remove", path: "/n" },
  { op: "remove", path: "/l/2" },
  { op: "add", path: "/n/m", value: 1 },
  { op: "add", path: "/l/3", value: 1 },
  { op: "add", path: "/l/x", value: 1 },
  { op: "move", from: "/n", path: "/c" },
  { op: "test", path: "/a/b", value: 2 },
  { op: "replace", path: "", value: 1 },
  { op: "add", path: "a", value: 1 },
];

for (const operation of refused)
  test(`JSON patch: ${JSON.stringify(operation)} does not apply`, () =>
    assert.throws(() => applyJsonPatch(document, [operation]), { message: /operation does not apply/ }));

test("JSON patch: what is no list of operations is not decoded", () => {
  const message = (wanted: string) => `error decoding patch: json: cannot unmarshal ${wanted}`;
  assert.throws(() => applyJsonPatch(document, {}), {
    message: message("object into Go value of type []handlers.jsonPatchOp"),
  });
  assert.throws(() => applyJsonPatch(document, ["x"]), {
    message: message("string into Go value of type handlers.jsonPatchOp"),
  });
});

const words: readonly (readonly [object, string])[] = [
  [{ op: "add", value: 1 }, "add operation failed to decode path: missing value"],
  [{ op: "copy", path: "/n" }, "copy operation failed to decode from: missing value"],
  [{ op: "add", path: "/n/m", value: 1 }, 'add operation does not apply: doc is missing path: "/n/m": missing value'],
  [
    { op: "add", path: "/l/3", value: 1 },
    "error in add for path: '/l/3': Unable to access invalid index: 3: invalid index referenced",
  ],
  [{ op: "remove", path: "/n" }, "error in remove for path: '/n': Unable to remove nonexistent key: n: missing value"],
  [{ op: "remove", path: "/n/m" }, 'remove operation does not apply: doc is missing path: "/n/m": missing value'],
  [{ op: "replace", path: "/n/m" }, "replace operation does not apply: doc is missing path: /n/m: missing value"],
  [{ op: "replace", path: "/l/9" }, "replace operation does not apply: doc is missing key: /l/9: missing value"],
  [
    { op: "move", from: "/n/m", path: "/c" },
    "move operation does not apply: doc is missing from path: /n/m: missing value",
  ],
  [
    { op: "copy", from: "/a", path: "/n/m" },
    "copy operation does not apply: doc is missing destination path: /n/m: missing value",
  ],
  [{ op: "test", path: "/a/b", value: 2 }, "testing value /a/b failed: test failed"],
  [{ op: "foo", path: "/a" }, "Unexpected kind: foo"],
];

for (const [operation, message] of words)
  test(`JSON patch: ${message}`, () =>
    assert.throws(
      () => patchJson(document, [operation]),
      (error) => error instanceof PatchError && error.message === message,
    ));

test("JSON patch: copies of copies end where they would fill the memory", () => {
  const doubling = Array.from({ length: 60 }, (_, i) => ({ op: "copy", from: "/a", path: `/a/k${i}` }));
  assert.throws(
    () => patchJson({ a: { b: "x".repeat(1000) } }, doubling),
    (error) =>
      error instanceof PatchError &&
      /^Unable to complete the copy, the accumulated size increase of copy is \d+, exceeding the limit 3145728$/.test(
        error.message,
      ),
  );
  const few = patchJson({ a: { b: 1 } }, doubling.slice(0, 3));
  assert.deepEqual(few, {
    a: { b: 1, k0: { b: 1 }, k1: { b: 1, k0: { b: 1 } }, k2: { b: 1, k0: { b: 1 }, k1: { b: 1, k0: { b: 1 } } } },
  });
});
