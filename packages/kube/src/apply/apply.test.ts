import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusError } from "../status.ts";
import { applyConfiguration, managedAfterUpdate } from "./apply.ts";
import { typedFaults } from "./check.ts";
import { decodeManagedFields, encodeManagedFields, keyOf, type ManagedFields } from "./managed-fields.ts";
import { typeOf } from "./type.ts";

type Fields = { readonly [field: string]: unknown };

const deployment = typeOf({ r: "io.k8s.api.apps.v1.Deployment" });
const pod = typeOf({ r: "io.k8s.api.core.v1.PodSpec" });

/** `NAME applies JSON`, `NAME forces JSON` or `NAME updates JSON`, one a line, one after another on a Pod's spec. */
function play(script: string): { readonly object: Fields; readonly managed: ManagedFields } {
  let object: Fields = {};
  let managed: ManagedFields = new Map();
  for (const [i, line] of script.trim().split("\n").entries()) {
    const [, manager = "", verb = "", text = ""] = /^\s*(\w+) (\w+) (.*)$/.exec(line) ?? [];
    const operation = verb === "updates" ? "Update" : "Apply";
    const id = { manager, operation, apiVersion: "v1", subresource: "" } as const;
    const writer = { id, time: `2026-01-01T00:00:${String(i).padStart(2, "0")}Z`, ignored: {} };
    const value = JSON.parse(text) as Fields;
    if (operation === "Update") {
      managed = managedAfterUpdate(object, value, pod, managed, writer);
      object = value;
    } else {
      const applied = applyConfiguration(object, value, pod, managed, writer, verb === "forces");
      object = applied.object as Fields;
      managed = applied.managed;
    }
  }
  return { object, managed };
}

/** `NAME: FIELDSV1` of every entry, in order. */
function ownersOf(managed: ManagedFields): readonly string[] {
  return (encodeManagedFields(managed) as readonly Fields[]).map(
    ({ manager, fieldsV1 }) => `${String(manager)}: ${JSON.stringify(fieldsV1)}`,
  );
}

const objects: readonly (readonly [string, string, string])[] = [
  ["other fields stay", 'a updates {"hostname":"x"}\nb applies {"subdomain":"y"}', '{"hostname":"x","subdomain":"y"}'],
  [
    "what is no longer applied goes",
    'a applies {"hostname":"x","subdomain":"y"}\na applies {"hostname":"x"}',
    '{"hostname":"x"}',
  ],
  [
    "what somebody else applied too stays",
    'a applies {"hostname":"x","subdomain":"y"}\nb applies {"subdomain":"y"}\na applies {"hostname":"x"}',
    '{"hostname":"x","subdomain":"y"}',
  ],
  [
    "items merge by their key, in the applied order, after those that stood before",
    'a updates {"volumes":[{"name":"p"},{"name":"q"}]}\nb applies {"volumes":[{"name":"r"},{"name":"q"}]}',
    '{"volumes":[{"name":"p"},{"name":"r"},{"name":"q"}]}',
  ],
  [
    "an item goes with its last field",
    'a applies {"volumes":[{"name":"p"},{"name":"q"}]}\na applies {"volumes":[{"name":"q"}]}',
    '{"volumes":[{"name":"q"}]}',
  ],
  [
    "a key's default tells items apart",
    'a updates {"containers":[{"name":"c","ports":[{"containerPort":1,"protocol":"TCP"}]}]}\nb applies {"containers":[{"name":"c","ports":[{"containerPort":1,"name":"n"}]}]}',
    '{"containers":[{"name":"c","ports":[{"containerPort":1,"protocol":"TCP","name":"n"}]}]}',
  ],
];

for (const [name, script, wanted] of objects)
  test(`apply: ${name}`, () => assert.deepEqual(play(script).object, JSON.parse(wanted)));

const owners: readonly (readonly [string, string, readonly string[]])[] = [
  ["an applier owns what he applied", 'a applies {"hostname":"x"}', ['a: {"f:hostname":{}}']],
  [
    "an update takes what it changes",
    'a applies {"hostname":"x","subdomain":"y"}\nb updates {"hostname":"z","subdomain":"y"}',
    ['a: {"f:subdomain":{}}', 'b: {"f:hostname":{}}'],
  ],
  ["nobody owns what is gone", 'a updates {"hostname":"x"}\nb updates {}', []],
  [
    "a new map is its maker's, with its keys",
    'a updates {"overhead":{"k":"1"}}',
    ['a: {"f:overhead":{".":{},"f:k":{}}}'],
  ],
  [
    "a new item is its maker's, with what Go writes of itself; the list that must be there is not",
    'a updates {"containers":[{"name":"c"}]}',
    ['a: {"f:containers":{"k:{\\"name\\":\\"c\\"}":{".":{},"f:name":{},"f:resources":{}}}}'],
  ],
  ["force takes from others", 'a applies {"hostname":"x"}\nb forces {"hostname":"y"}', ['b: {"f:hostname":{}}']],
];

for (const [name, script, wanted] of owners)
  test(`owners: ${name}`, () => assert.deepEqual(ownersOf(play(script).managed), wanted));

const conflicts: readonly (readonly [string, string])[] = [
  [
    'a updates {"hostname":"x"}\nb applies {"hostname":"y"}',
    'Apply failed with 1 conflict: conflict with "a" using v1: .hostname',
  ],
  [
    'a applies {"hostname":"x","subdomain":"x"}\nb applies {"hostname":"y","subdomain":"y"}',
    'Apply failed with 2 conflicts: conflicts with "a":\n- .hostname\n- .subdomain',
  ],
];

for (const [script, wanted] of conflicts)
  test(`conflict: ${wanted}`, () => assert.throws(() => play(script), { message: wanted }));

test("a conflict names each field as a cause", () => {
  const [[script] = [""]] = conflicts;
  assert.throws(
    () => play(script),
    ({ status }: StatusError) => {
      const cause = { reason: "FieldManagerConflict", message: 'conflict with "a" using v1', field: ".hostname" };
      assert.deepEqual([status.code, status.details?.causes], [409, [cause]]);
      return true;
    },
  );
});

test("an apply that changes nothing keeps its time, and a new applier has none", () => {
  const { managed } = play('a applies {"hostname":"x"}\na applies {"hostname":"x"}\nb applies {"hostname":"x"}');
  assert.deepEqual(
    [...managed.values()].map(({ manager, time }) => [manager, time]),
    [
      ["a", "2026-01-01T00:00:00Z"],
      ["b", undefined],
    ],
  );
});

test("of more than ten updaters the oldest are one", () => {
  const lines = Array.from({ length: 12 }, (_, i) => {
    const amounts = Object.fromEntries(Array.from({ length: i + 1 }, (_each, k) => [`k${k}`, "1"]));
    return `m${i} updates ${JSON.stringify({ overhead: amounts })}`;
  });
  const { managed } = play(lines.join("\n"));
  const ancient = managed.get(
    keyOf({ manager: "ancient-changes", operation: "Update", apiVersion: "v1", subresource: "" }),
  );
  assert.equal(managed.size, 10);
  assert.deepEqual(ancient?.set, { "f:overhead": { ".": {}, "f:k0": {}, "f:k1": {}, "f:k2": {} } });
});

const faults: readonly (readonly [string, readonly string[]])[] = [
  ['{"foo":1}', [".foo: field not declared in schema"]],
  ['{"metadata":{"name":1}}', [".metadata.name: expected string, got &value.valueUnstructured{Value:1}"]],
  ['{"spec":{"replicas":[1]}}', [".spec.replicas: expected numeric (int or float), got []interface {}"]],
  ['{"spec":{"paused":1}}', [".spec.paused: expected boolean, got &{1}"]],
  ['{"spec":[]}', [".spec: expected map, got &{[]}"]],
  ['{"metadata":{"creationTimestamp":true}}', []],
  ['{"metadata":{"creationTimestamp":{}}}', [".metadata.creationTimestamp: expected any scalar, got &{map[]}"]],
  ['{"metadata":{"finalizers":["a","a"]}}', ['.metadata.finalizers: duplicate entries for key [="a"]']],
  [
    '{"metadata":{"finalizers":["a","a",7]}}',
    [
      '.metadata.finalizers: duplicate entries for key [="a"]',
      ".metadata.finalizers[=7]: expected string, got &value.valueUnstructured{Value:7}",
    ],
  ],
  [
    '{"metadata":{"finalizers":[[],{}]}}',
    [".metadata.finalizers: element 0: not supported: associative list with lists as elements"],
  ],
  [
    '{"metadata":{"finalizers":[{}]}}',
    [".metadata.finalizers: element 0: associative list without keys has an element that's a map type"],
  ],
  [
    '{"metadata":{"finalizers":["a",null]}}',
    [".metadata.finalizers: element 1: associative list without keys has an element that's an explicit null"],
  ],
  [
    '{"metadata":{"ownerReferences":[null]}}',
    [".metadata.ownerReferences: element 0: associative list with keys may not have a null element"],
  ],
  [
    '{"metadata":{"ownerReferences":[7,null]}}',
    [".metadata.ownerReferences: element 0: associative list with keys may not have non-map elements"],
  ],
  ['{"spec":{"template":{"spec":{"containers":{}}}}}', [".spec.template.spec.containers: expected list, got &{map[]}"]],
];

for (const [text, wanted] of faults)
  test(`configurations: ${wanted[0]}`, () => assert.deepEqual(typedFaults(JSON.parse(text), deployment), wanted));

test("entries that are none are refused as a whole", () => {
  const entry = {
    manager: "a",
    operation: "Update",
    apiVersion: "v1",
    fieldsType: "FieldsV1",
    fieldsV1: { "f:a": {} },
  };
  assert.equal(decodeManagedFields([entry])?.size, 1);
  for (const wrong of [{ operation: "Foo" }, { apiVersion: "" }, { fieldsType: "X" }, { fieldsV1: { x: {} } }])
    assert.equal(decodeManagedFields([{ ...entry, ...wrong }]), undefined);
});
