import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "./pods.ts";
import { TriggerTimes, triggerTime, withTrigger } from "./trigger-times.ts";

const serviceOf = (creationTimestamp: string) =>
  ({ apiVersion: "v1", kind: "Service", metadata: { namespace: "n", name: "s", creationTimestamp } }) as const;

/** `a1 b2`: pods by name, and when each became ready or no longer is. */
function podsOf(text: string): readonly Pod[] {
  return text
    .split(" ")
    .filter(Boolean)
    .map(([name = "", lastTransitionTime = ""]) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      status: { conditions: [{ type: "Ready", status: "True", lastTransitionTime }] },
    })) as readonly Pod[];
}

/** Looks at a service one after another, each with its time and its pods, and what they are triggered by. */
const cases: readonly (readonly [
  string,
  ...(readonly [service: string, pods: string, trigger: string | undefined])[],
])[] = [
  ["a new service", ["1", "", "1"]],
  ["a new service with pods", ["3", "a1 b2", "3"]],
  ["nothing new", ["1", "a2", "1"], ["1", "a2", undefined]],
  ["the oldest of what changed", ["1", "a2", "1"], ["1", "a2 b5 c4", "4"], ["1", "a6 b5 c4", "6"]],
  ["a pod that is gone", ["1", "a2 b3", "1"], ["1", "a2", undefined]],
  ["a service made anew", ["1", "a2", "1"], ["7", "a2", "7"]],
];

for (const [what, ...looks] of cases)
  test(what, () => {
    const times = new TriggerTimes();
    for (const [service, pods, trigger] of looks) assert.equal(times.next(serviceOf(service), podsOf(pods)), trigger);
  });

test("a service that was forgotten is new", () => {
  const times = new TriggerTimes();
  times.next(serviceOf("1"), []);
  times.forget("n/s");
  assert.equal(times.next(serviceOf("1"), []), "1");
});

test("annotations have the time, or are without it", () => {
  assert.deepEqual(withTrigger({ a: "b" }, "1"), { a: "b", [triggerTime]: "1" });
  assert.deepEqual(withTrigger({ a: "b", [triggerTime]: "1" }, undefined), { a: "b" });
  assert.equal(withTrigger({ [triggerTime]: "1" }, undefined), undefined);
});
