import assert from "node:assert/strict";
import { test } from "node:test";
import { findSchema, type Schema } from "./schema.ts";
import { applyStrategicMergePatch } from "./strategic-merge.ts";

const podSchema = findSchema("io.k8s.api.core.v1.Pod") as Schema;

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
    "$retainKeys leaves what it names",
    { spec: { strategy: { type: "RollingUpdate", rollingUpdate: {} } } },
    { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
    { spec: { strategy: { type: "Recreate" } } },
  ],
  [
    "$patch: delete of an item that is not there does nothing",
    spec([container("a")]),
    spec([container("b", { $patch: "delete" })]),
    spec([container("a")]),
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
  [{ spec: { "$setElementOrder/containers": null } }, "expected a []interface {}, but received a %!s(<nil>)"],
  [{ spec: { "$setElementOrder/containers": "foo" } }, "expected a []interface {}, but received a string"],
  [{ spec: { "$setElementOrder/doors": [] } }, 'unable to find api field in struct PodSpec for the json field "doors"'],
  [
    { metadata: { labels: { "$setElementOrder/c": [] } } },
    "merging an object in json but data type is not struct, instead is: map",
  ],
  [{ spec: { $retainKeys: ["a"], b: 1 } }, "invalid patch format of retainKeys"],
  [spec([{ image: "x" }]), "map: map[image:x] does not contain declared merge key: name"],
  [
    { spec: { tolerations: [], "$setElementOrder/tolerations": [{ key: "a" }] } },
    "map: map[key:a] does not contain declared merge key: ",
  ],
  [
    { spec: { tolerations: [{ key: "a" }], "$deleteFromPrimitiveList/tolerations": [{ key: "a" }] } },
    "cannot merge lists without merge key for struct",
  ],
];

const labelled = { ...(spec([]) as object), metadata: { labels: { a: "b" } } };

for (const [patch, message] of directives)
  test(`strategic merge patch: ${message}`, () =>
    assert.throws(() => applyStrategicMergePatch(labelled as never, patch as never, podSchema), { message }));
