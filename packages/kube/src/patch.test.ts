import assert from "node:assert/strict";
import { test } from "node:test";
import { applyJsonPatch } from "./json-patch.ts";
import { applyMergePatch, applyStrategicMergePatch } from "./patch.ts";
import { findSchema, type Schema } from "./schema.ts";

const podSchema = findSchema("io.k8s.api.core.v1.Pod") as Schema;

const merges: readonly [what: string, target: unknown, patch: unknown, result: unknown][] = [
  ["sets and keeps", { a: 1 }, { b: 2 }, { a: 1, b: 2 }],
  ["null removes", { a: 1, b: 2 }, { a: null }, { b: 2 }],
  ["lists are replaced", { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ["a scalar becomes an object", { a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
];

for (const [what, target, patch, result] of merges) {
  test(`merge patch: ${what}`, () => assert.deepEqual(applyMergePatch(target, patch), result));
}

const container = (name: string, rest: object = {}) => ({ name, ...rest });
const spec = (containers: readonly object[], rest: object = {}) => ({ spec: { containers, ...rest } });

const strategic: readonly [what: string, target: object, patch: object, result: object][] = [
  [
    "lists merge by key",
    spec([container("a", { image: "x" }), container("b")]),
    spec([container("a", { image: "y" })]),
    spec([container("a", { image: "y" }), container("b")]),
  ],
  ["new items come first", spec([container("a")]), spec([container("b")]), spec([container("b"), container("a")])],
  [
    "$patch: delete removes an item",
    spec([container("a"), container("b")]),
    spec([container("a", { $patch: "delete" })]),
    spec([container("b")]),
  ],
  [
    "$patch: replace replaces a map",
    { metadata: { labels: { a: "1" } } },
    { metadata: { labels: { $patch: "replace", b: "2" } } },
    { metadata: { labels: { b: "2" } } },
  ],
  [
    "null removes a field",
    spec([container("a")], { hostNetwork: true }),
    { spec: { hostNetwork: null } },
    spec([container("a")]),
  ],
  [
    "$setElementOrder orders",
    spec([container("a"), container("b")]),
    {
      spec: {
        "$setElementOrder/containers": [{ name: "b" }, { name: "a" }],
        containers: [container("a", { image: "z" })],
      },
    },
    spec([container("b"), container("a", { image: "z" })]),
  ],
  [
    "$deleteFromPrimitiveList deletes",
    { metadata: { finalizers: ["x", "y"] } },
    { metadata: { "$deleteFromPrimitiveList/finalizers": ["x"] } },
    { metadata: { finalizers: ["y"] } },
  ],
  [
    "primitive lists with strategy merge are united, new ones first",
    { metadata: { finalizers: ["x"] } },
    { metadata: { finalizers: ["y"] } },
    { metadata: { finalizers: ["y", "x"] } },
  ],
  [
    "atomic lists are replaced",
    spec([container("a", { args: ["1"] })]),
    spec([container("a", { args: ["2"] })]),
    spec([container("a", { args: ["2"] })]),
  ],
];

for (const [what, target, patch, result] of strategic) {
  test(`strategic merge patch: ${what}`, () => {
    const before = JSON.stringify(target);
    assert.deepEqual(applyStrategicMergePatch(target as never, patch as never, podSchema), result);
    assert.equal(JSON.stringify(target), before);
  });
}

const directives: readonly [patch: object, message: string][] = [
  [{ spec: { $patch: "foo" } }, "unknown patch type: foo in map: map[$patch:foo]"],
  [{ spec: { $retainKeys: "foo" } }, "invalid patch format of retainKeys"],
  [{ spec: { "$setElementOrder/containers": "foo" } }, "expected a []interface {}, but received a string"],
  [spec([{ image: "x" }]), "map: map[image:x] does not contain declared merge key: name"],
];

for (const [patch, message] of directives)
  test(`strategic merge patch: ${message}`, () =>
    assert.throws(() => applyStrategicMergePatch(spec([]) as never, patch as never, podSchema), { message }));

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
