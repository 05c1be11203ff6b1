import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1" }] } };

/** The two kinds that keep so many pods. */
const kinds: readonly [controller: string, group: string, resource: string, make: (replicas: number) => KubeObject][] =
  [
    [
      "replicaset",
      "apps",
      "replicasets",
      (replicas) => ({
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        metadata: { name: "web" },
        spec: { replicas, selector: { matchLabels: labels }, template },
      }),
    ],
    [
      "replicationcontroller",
      "",
      "replicationcontrollers",
      (replicas) => ({
        apiVersion: "v1",
        kind: "ReplicationController",
        metadata: { name: "web" },
        spec: { replicas, selector: labels, template },
      }),
    ],
  ];

const scaled = (replicas: number) => (fresh: KubeObject) => ({
  ...fresh,
  spec: { ...(fresh["spec"] as object), replicas },
});

const pods = (world: World) => world.list("", "pods");

async function makeReady(world: World): Promise<void> {
  const conditions = [
    { type: "Ready", status: "True", lastTransitionTime: new Date(world.clock.now()).toISOString().slice(0, 19) + "Z" },
  ];
  for (const pod of pods(world)) await world.setStatus(pod, { phase: "Running", conditions });
  await world.settle();
}

for (const [controller, group, resource, make] of kinds) {
  const status = (world: World) => world.get(group, resource, "web")?.["status"];
  const none = resource === "replicasets" ? { terminatingReplicas: 0 } : {};

  test(`${controller}: pods are made, replaced, and deleted; the status counts them`, () =>
    withWorld([controller], async (world) => {
      const owner = await world.create(make(3));
      await world.settle();
      assert.equal(pods(world).length, 3);
      assert.match(pods(world)[0]?.metadata.name ?? "", /^web-[a-z0-9]{5}$/);
      assert.deepEqual(status(world), { replicas: 3, fullyLabeledReplicas: 3, ...none, observedGeneration: 1 });
      await world.delete(pods(world)[0] as KubeObject);
      assert.equal(pods(world).length, 3);
      await makeReady(world);
      await world.update(owner, scaled(1));
      assert.deepEqual(status(world), {
        replicas: 1,
        fullyLabeledReplicas: 1,
        readyReplicas: 1,
        availableReplicas: 1,
        ...none,
        observedGeneration: 2,
      });
      await world.update(owner, scaled(0));
      assert.deepEqual(status(world), { replicas: 0, ...none, observedGeneration: 3 });
    }));

  test(`${controller}: pods without an owner are adopted, those with other labels let go`, () =>
    withWorld([controller], async (world) => {
      await world.create({ apiVersion: "v1", kind: "Pod", metadata: { name: "lost", labels }, spec: template.spec });
      await world.create(make(2));
      await world.settle();
      const lost = pods(world).find(({ metadata }) => metadata.name === "lost") as KubeObject;
      assert.equal(pods(world).length, 2);
      assert.equal(lost.metadata.ownerReferences?.[0]?.controller, true);
      await world.update(lost, (fresh) => ({ ...fresh, metadata: { ...fresh.metadata, labels: { app: "other" } } }));
      assert.equal(pods(world).length, 3);
      assert.equal(world.get("", "pods", "lost")?.metadata.ownerReferences, undefined);
    }));

  test(`${controller}: a pod that is forbidden is told of, and made when it is allowed`, () =>
    withWorld([controller], async (world) => {
      await world.enforce("restricted");
      await world.create(make(1));
      await world.settle();
      const { conditions } = status(world) as { readonly conditions: readonly { readonly [field: string]: string }[] };
      assert.equal(conditions[0]?.["type"], "ReplicaFailure");
      assert.equal(conditions[0]?.["reason"], "FailedCreate");
      assert.match(conditions[0]?.["message"] ?? "", /violates PodSecurity/);
      const events = world.list("", "events").map((each) => [each["reason"], each["type"]].join(" "));
      assert.deepEqual([...new Set(events)], ["FailedCreate Warning"]);
      await world.enforce("privileged");
      await world.turn(1000);
      assert.equal(pods(world).length, 1);
      assert.equal((status(world) as { readonly conditions?: unknown }).conditions, undefined);
    }));
}

test("a ReplicaSet's pods are available when they were ready for minReadySeconds", () =>
  withWorld(["replicaset"], async (world) => {
    const owner = (kinds[0] as (typeof kinds)[number])[3](1);
    await world.create({ ...owner, spec: { ...(owner["spec"] as object), minReadySeconds: 10 } });
    await world.settle();
    await makeReady(world);
    const available = () =>
      (world.get("apps", "replicasets", "web")?.["status"] as Record<string, unknown>)["availableReplicas"];
    assert.equal(available(), undefined);
    await world.turn(10_000);
    assert.equal(available(), 1);
  }));
