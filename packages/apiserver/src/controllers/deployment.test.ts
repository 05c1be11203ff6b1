import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const labels = { app: "web" };
const controllers = ["deployment", "replicaset", "garbagecollector"];

function web(spec: object = {}, image = "web:1"): KubeObject {
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image }] } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: { replicas: 4, selector: { matchLabels: labels }, template, ...spec },
  };
}

const changed = (spec: object) => (fresh: KubeObject) => ({
  ...fresh,
  spec: { ...(fresh["spec"] as object), ...spec },
});
const withImage = (image: string) => changed({ template: (web({}, image)["spec"] as { template: object }).template });

/** Each ReplicaSet as its image and how many pods it should have: `web:1=3 web:2=1`. */
function sets(world: World): string {
  return world
    .list("apps", "replicasets")
    .map((each) => {
      const { replicas, template } = each["spec"] as {
        replicas: number;
        template: { spec: { containers: { image: string }[] } };
      };
      return `${template.spec.containers[0]?.image}=${replicas}`;
    })
    .sort()
    .join(" ");
}

function statusOf(world: World): Record<string, unknown> {
  return world.get("apps", "deployments", "web")?.["status"] as Record<string, unknown>;
}

/** `Available=True:MinimumReplicasAvailable`. */
function condition(world: World, type: string): string {
  const conditions = (statusOf(world)["conditions"] ?? []) as Record<string, string>[];
  const found = conditions.find((each) => each["type"] === type);
  return `${found?.["status"]}:${found?.["reason"]}`;
}

async function makeReady(world: World): Promise<void> {
  const lastTransitionTime = `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;
  const conditions = [{ type: "Ready", status: "True", lastTransitionTime }];
  for (const pod of world.list("", "pods")) await world.setStatus(pod, { phase: "Running", conditions });
  await world.settle();
}

async function started(world: World, spec: object = {}): Promise<KubeObject> {
  const made = await world.create(web(spec));
  await world.settle();
  await makeReady(world);
  return made;
}

test("a new deployment makes a ReplicaSet, and is available when its pods are", () =>
  withWorld(controllers, async (world) => {
    const made = await world.create(web());
    await world.settle();
    assert.equal(sets(world), "web:1=4");
    assert.equal(condition(world, "Available"), "False:MinimumReplicasUnavailable");
    assert.equal(condition(world, "Progressing"), "True:ReplicaSetUpdated");
    await makeReady(world);
    const { conditions: _, ...counts } = statusOf(world);
    const expected = {
      replicas: 4,
      updatedReplicas: 4,
      readyReplicas: 4,
      availableReplicas: 4,
      terminatingReplicas: 0,
    };
    assert.deepEqual(counts, { observedGeneration: 1, ...expected });
    assert.equal(condition(world, "Available"), "True:MinimumReplicasAvailable");
    assert.equal(condition(world, "Progressing"), "True:NewReplicaSetAvailable");
    const [set] = world.list("apps", "replicasets");
    const hash = set?.metadata.labels?.["pod-template-hash"];
    assert.equal(set?.metadata.name, `web-${hash}`);
    assert.equal(world.list("", "pods")[0]?.metadata.labels?.["pod-template-hash"], hash);
    assert.deepEqual(set?.metadata.annotations, {
      "deployment.kubernetes.io/desired-replicas": "4",
      "deployment.kubernetes.io/max-replicas": "5",
      "deployment.kubernetes.io/revision": "1",
    });
    const [event] = world.list("", "events").filter((each) => each["reason"] === "ScalingReplicaSet");
    assert.equal(event?.["message"], `Scaled up replica set web-${hash} from 0 to 4`);
    await world.delete(made);
    assert.deepEqual([sets(world), world.list("", "pods").length], ["", 0]);
  }));

/** The steps of a rollout from web:1 to web:2: before each but the first all pods become ready. */
const rollouts: readonly [name: string, spec: object, steps: readonly string[]][] = [
  ["a quarter more, a quarter less", {}, ["web:1=3 web:2=2", "web:1=1 web:2=4", "web:1=0 web:2=4"]],
  [
    "one by one, never less",
    { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    ["web:1=4 web:2=1", "web:1=3 web:2=2", "web:1=2 web:2=3", "web:1=1 web:2=4", "web:1=0 web:2=4"],
  ],
  [
    "never more",
    { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 2 } } },
    ["web:1=2 web:2=2", "web:1=0 web:2=4"],
  ],
  ["all anew", { strategy: { type: "Recreate" } }, ["web:1=0 web:2=4"]],
];

for (const [name, spec, steps] of rollouts) {
  test(`rollout: ${name}`, () =>
    withWorld(controllers, async (world) => {
      const made = await started(world, spec);
      await world.update(made, withImage("web:2"));
      for (const [index, step] of steps.entries()) {
        if (index > 0) await makeReady(world);
        assert.equal(sets(world), step);
      }
    }));
}

test("a rollback brings the old ReplicaSet back as the newest revision", () =>
  withWorld(controllers, async (world) => {
    const made = await started(world, { strategy: { type: "Recreate" } });
    for (const image of ["web:2", "web:1"]) {
      await world.update(made, withImage(image));
      await makeReady(world);
    }
    assert.equal(sets(world), "web:1=4 web:2=0");
    const revisions = world
      .list("apps", "replicasets")
      .map(({ metadata }) => metadata.annotations?.["deployment.kubernetes.io/revision"]);
    assert.deepEqual([...revisions].sort(), ["2", "3"]);
    assert.equal(
      world.get("apps", "deployments", "web")?.metadata.annotations?.["deployment.kubernetes.io/revision"],
      "3",
    );
  }));

test("no more old ReplicaSets are kept than revisionHistoryLimit", () =>
  withWorld(controllers, async (world) => {
    const made = await started(world, { strategy: { type: "Recreate" }, revisionHistoryLimit: 1 });
    for (const image of ["web:2", "web:3", "web:4"]) {
      await world.update(made, withImage(image));
      await makeReady(world);
    }
    assert.equal(sets(world), "web:3=0 web:4=4");
  }));

test("a paused deployment is scaled in proportion, and rolls on when it is resumed", () =>
  withWorld(controllers, async (world) => {
    const strategy = { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } };
    const made = await started(world, { replicas: 10, strategy });
    await world.update(made, withImage("web:2"));
    assert.equal(sets(world), "web:1=10 web:2=2");
    await world.update(made, changed({ paused: true }));
    assert.equal(condition(world, "Progressing"), "Unknown:DeploymentPaused");
    await world.update(made, changed({ replicas: 16 }));
    assert.equal(sets(world), "web:1=15 web:2=3");
    await world.update(made, withImage("web:3"));
    assert.equal(sets(world), "web:1=15 web:2=3");
    await world.update(made, changed({ paused: false }));
    assert.equal(condition(world, "Progressing"), "True:ReplicaSetUpdated");
  }));

test("a rollout without progress is given up after its deadline", () =>
  withWorld(controllers, async (world) => {
    await world.create(web({ progressDeadlineSeconds: 30 }));
    await world.settle();
    await world.turn(29_000);
    assert.equal(condition(world, "Progressing"), "True:ReplicaSetUpdated");
    await world.turn(2_000);
    assert.equal(condition(world, "Progressing"), "False:ProgressDeadlineExceeded");
  }));
