import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

interface Ask {
  readonly requests?: { readonly [resource: string]: string };
  readonly hostPort?: number;
  readonly [field: string]: unknown;
}

function pod(name: string, { requests, hostPort, ...spec }: Ask = {}): KubeObject {
  const container = {
    name: "web",
    image: "web:1",
    ...(requests && { resources: { requests, limits: requests } }),
    ...(hostPort && { ports: [{ containerPort: 80, hostPort }] }),
  };
  return { apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers: [container], ...spec } };
}

async function addNode(
  world: World,
  name: string,
  spec: object = {},
  labels: { readonly [label: string]: string } = {},
): Promise<void> {
  // Their own taint: admission marks nodes that are not known to be ready.
  const node = await world.create({ apiVersion: "v1", kind: "Node", metadata: { name, labels } });
  await world.update(node, (fresh) => ({ ...fresh, spec }));
  const allocatable = { cpu: "2", memory: "4Gi", pods: "3" };
  await world.setStatus(node, { capacity: allocatable, allocatable });
}

/** The node that the pod has, or why it has none. */
function outcome(world: World, name: string): string {
  const found = world.get("", "pods", name) as KubeObject & {
    readonly spec: { readonly nodeName?: string };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly message?: string }[] };
  };
  return found.spec.nodeName ?? found.status.conditions?.find(({ type }) => type === "PodScheduled")?.message ?? "";
}

const helpless = "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
const crowded = "preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
const taint = { key: "dedicated", value: "db", effect: "NoSchedule" };

/** What comes of a pod on a node of 2 processors, 4Gi and 3 pods, where a pod has half a processor and port 8080. */
const cases: readonly [ask: Ask, node: object, expected: string][] = [
  [{}, {}, "a"],
  [{ requests: { cpu: "1500m", memory: "4Gi" } }, {}, "a"],
  [{ requests: { cpu: "1501m" } }, {}, `0/1 nodes are available: 1 Insufficient cpu. ${crowded}`],
  [
    { requests: { cpu: "2500m", memory: "5Gi" } },
    {},
    `0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory. ${helpless}`,
  ],
  [
    { requests: { "example.com/gpu": "1" } },
    {},
    `0/1 nodes are available: 1 Insufficient example.com/gpu. ${helpless}`,
  ],
  [
    { hostPort: 8080 },
    {},
    `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. ${crowded}`,
  ],
  [{ hostPort: 8081 }, {}, "a"],
  [{}, { taints: [taint] }, `0/1 nodes are available: 1 node(s) had untolerated taint(s). ${helpless}`],
  [{ tolerations: [{ key: "dedicated", operator: "Exists" }] }, { taints: [taint] }, "a"],
  [{}, { unschedulable: true }, `0/1 nodes are available: 1 node(s) were unschedulable. ${helpless}`],
  [
    { nodeSelector: { disk: "ssd" } },
    {},
    `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. ${helpless}`,
  ],
  [{ schedulerName: "another" }, {}, ""],
  [{ schedulingGates: [{ name: "wait" }] }, {}, "Scheduling is blocked due to non-empty scheduling gates"],
  [
    { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] },
    {},
    `0/1 nodes are available: persistentvolumeclaim "data" not found. ${helpless}`,
  ],
];
for (const [ask, node, expected] of cases)
  test(`a pod with ${JSON.stringify(ask)} on a node with ${JSON.stringify(node)}: ${expected}`, () =>
    withWorld(["kube-scheduler"], async (world) => {
      await addNode(world, "a");
      await world.create(pod("first", { requests: { cpu: "500m" }, hostPort: 8080 }));
      await world.settle();
      const a = world.cluster("", "nodes", "a") as KubeObject;
      await world.update(a, (fresh) => ({ ...fresh, spec: node }));
      await world.create(pod("web", ask));
      await world.settle();
      assert.equal(outcome(world, "web"), expected);
    }));

test("no node at all; then one comes, and events tell both", () =>
  withWorld(["kube-scheduler"], async (world) => {
    await world.create(pod("web"));
    await world.settle();
    assert.equal(outcome(world, "web"), "no nodes available to schedule pods");
    await addNode(world, "a");
    await world.settle();
    assert.equal(outcome(world, "web"), "a");
    const { conditions } = world.get("", "pods", "web")?.["status"] as {
      readonly conditions: readonly { readonly status: string }[];
    };
    assert.deepEqual(
      conditions.map(({ status }) => status),
      ["True"],
    );
    const events = world.list("", "events").map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
    assert.equal(events.includes("Warning FailedScheduling: no nodes available to schedule pods"), true);
    assert.equal(events.includes("Normal Scheduled: Successfully assigned default/web to a"), true);
  }));

test("a pod that is too many waits until another goes; the emptier node is preferred", () =>
  withWorld(["kube-scheduler", "podgc"], async (world) => {
    await addNode(world, "a");
    for (const name of ["p0", "p1", "p2", "p3"]) {
      await world.create(pod(name));
      await world.settle();
    }
    assert.equal(outcome(world, "p3"), `0/1 nodes are available: 1 Too many pods. ${crowded}`);
    await world.delete(world.get("", "pods", "p0") as KubeObject);
    await world.turn(30_000);
    assert.equal(outcome(world, "p3"), "a");
    await addNode(world, "b");
    await world.create(pod("p4", { requests: { cpu: "100m" } }));
    await world.settle();
    assert.equal(outcome(world, "p4"), "b");
  }));
