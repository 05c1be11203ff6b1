import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const labels = { app: "agent" };
const controllers = ["daemonset"];

function agent(spec: object = {}, pod: object = {}, image = "agent:1"): KubeObject {
  const template = { metadata: { labels }, spec: { containers: [{ name: "agent", image }], ...pod } };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent" },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  };
}

function node(name: string, spec: object = {}, own: { readonly [label: string]: string } = {}): KubeObject {
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels: own }, spec };
}

interface PodSpec {
  readonly nodeName?: string;
  readonly containers: readonly { readonly image: string }[];
  readonly affinity: {
    readonly nodeAffinity: {
      readonly requiredDuringSchedulingIgnoredDuringExecution: {
        readonly nodeSelectorTerms: readonly {
          readonly matchFields: readonly { readonly values: readonly string[] }[];
        }[];
      };
    };
  };
}

function target(pod: KubeObject): string {
  const { nodeAffinity } = (pod["spec"] as PodSpec).affinity;
  const [term] = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
  return term?.matchFields[0]?.values[0] ?? "";
}

/** Each pod with its node and image: `a=agent:1 b=agent:1`. */
function pods(world: World): string {
  return world
    .list("", "pods")
    .map((pod) => `${target(pod)}=${(pod["spec"] as PodSpec).containers[0]?.image}`)
    .sort()
    .join(" ");
}

/** The counts of the status: desired, current, updated, ready, available, unavailable, misscheduled. */
function counts(world: World): string {
  const status = world.get("apps", "daemonsets", "agent")?.["status"] as { readonly [field: string]: unknown };
  return [
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "updatedNumberScheduled",
    "numberReady",
    "numberAvailable",
    "numberUnavailable",
    "numberMisscheduled",
  ]
    .map((name) => status[name] ?? 0)
    .join(" ");
}

async function makeReady(world: World): Promise<void> {
  const lastTransitionTime = `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;
  const conditions = [{ type: "Ready", status: "True", lastTransitionTime }];
  for (const pod of world.list("", "pods")) await world.setStatus(pod, { phase: "Running", conditions });
  await world.settle();
}

async function withNodes(
  nodes: readonly KubeObject[],
  set: KubeObject,
  run: (world: World, set: KubeObject) => Promise<void>,
) {
  await withWorld(controllers, async (world) => {
    for (const each of nodes) await world.create(each);
    const made = await world.create(set);
    await world.settle();
    await run(world, made);
  });
}

const taint = (effect: string) => ({ taints: [{ key: "dedicated", value: "db", effect }] });
const affinity = (operator: string, values?: readonly string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator, ...(values && { values }) }] }],
      },
    },
  },
});

/** On which of three nodes a template runs: a, b with the label disk=ssd, c with a taint. */
const placements: readonly [pod: object, where: string][] = [
  [{}, "a b"],
  [{ nodeSelector: { disk: "ssd" } }, "b"],
  [{ nodeSelector: { disk: "hdd" } }, ""],
  [{ tolerations: [{ operator: "Exists" }] }, "a b c"],
  [{ tolerations: [{ key: "dedicated", value: "db", effect: "NoSchedule" }] }, "a b c"],
  [{ tolerations: [{ key: "dedicated", value: "web" }] }, "a b"],
  [affinity("In", ["ssd", "nvme"]), "b"],
  [affinity("NotIn", ["ssd"]), "a"],
  [affinity("Exists"), "b"],
  [affinity("DoesNotExist"), "a"],
  [{ nodeName: "b" }, "b"],
];
for (const [pod, where] of placements)
  test(`a template with ${JSON.stringify(pod)} runs on: ${where}`, () =>
    withNodes(
      [node("a"), node("b", {}, { disk: "ssd" }), node("c", taint("NoSchedule"))],
      agent({}, pod),
      async (world) => {
        assert.equal(world.list("", "pods").map(target).sort().join(" "), where);
      },
    ));

test("the status counts daemons; a new node gets one; unschedulable nodes keep theirs", () =>
  withNodes([node("a"), node("b", { unschedulable: true })], agent(), async (world, set) => {
    assert.equal(counts(world), "2 2 2 0 0 2 0");
    await makeReady(world);
    assert.equal(counts(world), "2 2 2 2 2 0 0");
    await world.create(node("c"));
    await world.settle();
    assert.equal(counts(world), "3 3 3 2 2 1 0");
    const [pod] = world.list("", "pods");
    const revision = world.list("apps", "controllerrevisions")[0];
    assert.equal(
      pod?.metadata.labels?.["controller-revision-hash"],
      revision?.metadata.labels?.["controller-revision-hash"],
    );
    assert.equal(pod?.metadata.labels?.["pod-template-generation"], "1");
    assert.equal(revision?.metadata.name, `agent-${revision?.metadata.labels?.["controller-revision-hash"]}`);
    assert.equal(set.metadata.annotations?.["deprecated.daemonset.template.generation"], "1");
  }));

test("NoSchedule leaves daemons where they are, NoExecute ends them", () =>
  withNodes([node("a"), node("b")], agent(), async (world) => {
    const taintWith = (effect: string) => (fresh: KubeObject) => ({ ...fresh, spec: taint(effect) });
    const b = node("b");
    await world.update({ ...b, metadata: { ...b.metadata, ...uidOf(world, "b") } }, taintWith("NoSchedule"));
    assert.equal(pods(world), "a=agent:1 b=agent:1");
    assert.equal(counts(world), "1 1 1 0 0 1 1");
    await world.update({ ...b, metadata: { ...b.metadata, ...uidOf(world, "b") } }, taintWith("NoExecute"));
    assert.equal(pods(world), "a=agent:1");
  }));

function uidOf(world: World, name: string): { readonly uid: string } {
  return { uid: world.cluster("", "nodes", name)?.metadata.uid ?? "" };
}

const changed = (spec: object) => (fresh: KubeObject) => ({
  ...fresh,
  spec: { ...(fresh["spec"] as object), ...spec },
});
const template = (image: string) => ({
  template: (agent({}, {}, image)["spec"] as { readonly template: object }).template,
});

/** What a new template has reached at first, with all daemons serving, and in the end. */
const updates: readonly [updateStrategy: object, first: string, last: string][] = [
  [{ type: "RollingUpdate" }, "a=agent:2 b=agent:1 c=agent:1", "a=agent:2 b=agent:2 c=agent:2"],
  [
    { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "50%" } },
    "a=agent:2 b=agent:2 c=agent:1",
    "a=agent:2 b=agent:2 c=agent:2",
  ],
  [
    { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    "a=agent:1 a=agent:2 b=agent:1 c=agent:1",
    "a=agent:2 b=agent:2 c=agent:2",
  ],
  [{ type: "OnDelete" }, "a=agent:1 b=agent:1 c=agent:1", "a=agent:1 b=agent:1 c=agent:1"],
];
for (const [updateStrategy, first, last] of updates)
  test(`${JSON.stringify(updateStrategy)}: which nodes a new template reaches`, () =>
    withNodes([node("a"), node("b"), node("c")], agent({ updateStrategy }), async (world, set) => {
      await makeReady(world);
      await world.update(set, changed(template("agent:2")));
      assert.equal(pods(world), first);
      for (let round = 0; round < 10; round++) await makeReady(world);
      assert.equal(pods(world), last);
      const { metadata } = world.get("apps", "daemonsets", "agent") as KubeObject;
      assert.equal(metadata.annotations?.["deprecated.daemonset.template.generation"], "2");
      assert.equal(world.list("apps", "controllerrevisions").length, 2);
    }));

test("a daemon that failed is replaced, the next one not before a second has passed", () =>
  withNodes([node("a")], agent(), async (world) => {
    const fail = async () => {
      await world.setStatus(world.list("", "pods")[0] as KubeObject, { phase: "Failed" });
      await world.settle();
      return (world.list("", "pods")[0]?.["status"] as { readonly phase: string }).phase;
    };
    assert.equal(await fail(), "Pending");
    assert.equal(await fail(), "Failed");
    await world.turn(1000);
    assert.equal(pods(world), "a=agent:1");
    assert.equal((world.list("", "pods")[0]?.["status"] as { readonly phase: string }).phase, "Pending");
    const messages = world.list("", "events").filter(({ reason }) => reason === "FailedDaemonPod");
    assert.match(
      String(messages[0]?.["message"]),
      /^Found failed daemon pod default\/agent-\w+ on node a, will try to kill it$/,
    );
  }));
