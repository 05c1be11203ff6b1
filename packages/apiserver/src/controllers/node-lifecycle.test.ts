import assert from "node:assert/strict";
import { test } from "node:test";
import { withWorld } from "./world.fixture.ts";

interface Spec {
  readonly taints?: readonly { readonly key: string; readonly effect: string }[];
}

const notReady = "node.kubernetes.io/not-ready";

const cases: readonly [conditions: object, spec: object, taints: string][] = [
  [{ Ready: "True" }, {}, ""],
  [{ Ready: "False" }, {}, notReady],
  [{ Ready: "Unknown" }, {}, "node.kubernetes.io/unreachable"],
  [{ Ready: "True", DiskPressure: "True" }, {}, "node.kubernetes.io/disk-pressure"],
  [{ Ready: "True" }, { unschedulable: true }, "node.kubernetes.io/unschedulable"],
  [{ Ready: "True" }, { taints: [{ key: "mine", effect: "NoSchedule" }] }, "mine"],
  [{ Ready: "True" }, { taints: [{ key: notReady, effect: "NoExecute" }] }, notReady],
  [{ DiskPressure: "True" }, {}, notReady],
];

for (const [conditions, spec, taints] of cases)
  test(`a node with ${JSON.stringify({ ...conditions, ...spec })} has the taints: ${taints}`, async () =>
    withWorld(["nodelifecycle"], async (world) => {
      const taint = { taints: [...((spec as Spec).taints ?? []), { key: notReady, effect: "NoSchedule" }] };
      const made = await world.create({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "n" },
        spec: { ...spec, ...taint },
      });
      await world.setStatus(made, {
        conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })),
      });
      await world.settle();
      const found = (world.cluster("", "nodes", "n")?.["spec"] ?? {}) as Spec;
      assert.equal((found.taints ?? []).map(({ key }) => key).join(), taints);
    }));
