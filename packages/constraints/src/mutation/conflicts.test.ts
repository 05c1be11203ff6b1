import assert from "node:assert/strict";
import { test } from "node:test";
import { conflictingMutators } from "./conflicts.ts";
import { readMutator } from "./mutators.ts";

/** An Assign of pods by this name and location. */
function assign(name: string, location: string) {
  return readMutator({
    apiVersion: "mutations.gatekeeper.sh/v1",
    kind: "Assign",
    metadata: { name },
    spec: {
      applyTo: [{ groups: [""], kinds: ["Pod"], versions: ["v1"] }],
      location,
      parameters: { assign: { value: "x" } },
    },
  });
}

/** Locations by name, and for each with whom it does not agree. */
const cases: readonly (readonly [locations: Record<string, string>, conflicts: Record<string, string>])[] = [
  [{ a: "spec.x.y", b: "spec.x.z" }, {}],
  [
    { a: "spec.x.y", b: "spec.x[name: n].y" },
    { a: "a b", b: "a b" },
  ],
  // Who has nothing to do with it is not named.
  [
    { a: "spec.x.y", b: "spec.x[name: n].y", c: "spec.u.v", d: "spec.u[name: n].v", e: "spec.nodeName" },
    { a: "a b", b: "a b", c: "c d", d: "c d" },
  ],
  // One may be between two.
  [
    { a: "spec.x.y.z", b: "spec.x.y[name: n].z", c: "spec.x[id: n].y" },
    { a: "a b c", b: "a b c", c: "a b c" },
  ],
  // What is at the end of an Assign nobody knows: it agrees with all, but those that differ there are told to it.
  [
    { a: "spec.x", b: "spec.x.y", c: "spec.x[name: n].y" },
    { a: "b c", b: "b c", c: "b c" },
  ],
];

for (const [locations, conflicts] of cases)
  test(`mutators of ${Object.values(locations).join(", ")}`, () => {
    const found = conflictingMutators(Object.entries(locations).map(([name, location]) => assign(name, location)));
    const short = (id: string) => id.replace("Assign.mutations.gatekeeper.sh /", "");
    const told = [...found].map(([id, ids]) => [short(id), ids.map(short).join(" ")]);
    assert.deepEqual(Object.fromEntries(told), conflicts);
  });
