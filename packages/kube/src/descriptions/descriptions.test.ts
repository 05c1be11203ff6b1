import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinResources } from "../catalogue.ts";
import { findSchema, type Schema, schemaNames } from "../schema.ts";
import { describeField, describeType } from "./descriptions.ts";
import { fieldDescriptions } from "./fields.ts";
import { kindDescriptions } from "./kinds.ts";

const schemaOf = (name: string) => findSchema(name) as Schema;

test("every kind that is served says what it is", () => {
  const kinds = builtinResources.filter(({ resource }) => !resource.includes("/")).map(({ kind }) => kind);
  assert.deepEqual(
    kinds.filter((kind) => kindDescriptions[kind] === undefined),
    [],
  );
});

test("what is described is there", () => {
  const names = schemaNames().map((name) => name.replace(/^io\.k8s\.(api\.|.*\.(?=\w+$))/, ""));
  for (const [type, fields] of Object.entries(fieldDescriptions)) {
    const name = schemaNames()[names.indexOf(type)];
    assert.ok(name, type);
    for (const field of Object.keys(fields))
      assert.ok(field === "" || schemaOf(name).p?.[field] !== undefined, `${type}.${field}`);
  }
});

const pods = "io.k8s.api.core.v1.PodList";
const pod = "io.k8s.api.core.v1.Pod";

test("lists and common fields are described by rule", () => {
  assert.equal(describeType(pods, schemaOf(pods)), "PodList is a list of Pods.");
  assert.equal(describeField(pods, schemaOf(pods), "items"), "List of pods.");
  assert.equal(describeField(pod, schemaOf(pod), "spec"), "What is wanted.");
  assert.equal(describeField(pod, schemaOf(pod), "nothing"), undefined);
  assert.match(describeType(pod, schemaOf(pod)) ?? "", /^Pod is /);
});
