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

test("a node that has said nothing for a minute is given up, unless it renews its lease", () =>
  withWorld(["nodelifecycle"], async (world) => {
    const lease = "coordination.k8s.io/v1";
    await world.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-node-lease" } });
    for (const name of ["silent", "leased"])
      await world.create({ apiVersion: "v1", kind: "Node", metadata: { name }, spec: {} });
    await world.turn(50_000);
    const renewTime = `${new Date(world.clock.now()).toISOString().slice(0, -1)}000Z`;
    const metadata = { name: "leased", namespace: "kube-node-lease" };
    await world.create({ apiVersion: lease, kind: "Lease", metadata, spec: { renewTime } });
    const told = (name: string) => {
      const status = world.cluster("", "nodes", name)?.["status"] as { readonly conditions?: readonly object[] };
      return (status?.conditions ?? []).length;
    };
    assert.deepEqual([told("silent"), told("leased")], [0, 0]);
    await world.turn(15_000);
    assert.deepEqual([told("silent"), told("leased")], [4, 0]);
    const { taints = [] } = world.cluster("", "nodes", "silent")?.["spec"] as Spec;
    assert.deepEqual(
      taints.map(({ key }) => key),
      ["node.kubernetes.io/unreachable"],
    );
    await world.turn(60_000);
    assert.equal(told("leased"), 4);
  }));
