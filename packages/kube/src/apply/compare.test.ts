import assert from "node:assert/strict";
import { test } from "node:test";
import { conform } from "../go/conform.ts";
import { compareValues, isSameValue } from "./compare.ts";
import { typeOf } from "./type.ts";

const volume = { kind: "PersistentVolume", version: "v1" };
const schema = "io.k8s.api.core.v1.PersistentVolume";

/** A volume on nodes that a term selects, as it was read. */
function onNodes(term: object): object {
  const spec = { nodeAffinity: { required: { nodeSelectorTerms: [term] } } };
  return conform({ spec }, schema, volume).object;
}

const term = { matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] };

test("what was given empty within a list that is owned as one is a change, though it is not written", () => {
  const { modified } = compareValues(onNodes(term), onNodes({ ...term, matchFields: [] }), typeOf({ r: schema }));
  assert.deepEqual(modified, { "f:spec": { "f:nodeAffinity": { "f:required": {} } } });
  assert.deepEqual(compareValues(onNodes(term), onNodes(term), typeOf({ r: schema })).modified, {});
});

test("what was given empty elsewhere is no change", () => {
  const read = (metadata: object) => conform({ metadata }, schema, volume).object;
  assert.equal(isSameValue(read({ labels: {} }), read({})), true);
});
