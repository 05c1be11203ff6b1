import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "user" },
  spec: {
    containers: [{ name: "a", image: "a:1" }],
    volumes: [
      { name: "scratch", ephemeral: { volumeClaimTemplate: { metadata: { labels: { for: "user" } }, spec } } },
      { name: "plain", emptyDir: {} },
    ],
  },
};
const foreign: KubeObject = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "user-scratch" },
  spec,
};

const claimIn = (world: World) => world.get("", "persistentvolumeclaims", "user-scratch");
const messages = (world: World, reason: string) =>
  world
    .list("", "events")
    .filter((event) => event["reason"] === reason)
    .map((event) => event["message"]);

test("a pod's ephemeral volume has a claim of its own, which comes back and goes with the pod", () =>
  withWorld(["ephemeral-volume", "garbagecollector", "pvc-protection"], async (world) => {
    const made = await world.create(pod);
    await world.settle();
    const claim = claimIn(world) as KubeObject;
    assert.deepEqual(claim.metadata.labels, { for: "user" });
    const { kind, uid, controller, blockOwnerDeletion } = claim.metadata.ownerReferences?.[0] ?? {};
    assert.deepEqual([kind, uid, controller, blockOwnerDeletion], ["Pod", made.metadata.uid, true, true]);
    await world.delete(claim);
    await world.settle();
    assert.notEqual(claimIn(world)?.metadata.uid, claim.metadata.uid);
    assert.notEqual(claimIn(world), undefined);
    await world.delete(world.get("", "pods", "user") as KubeObject);
    await world.settle();
    assert.equal(claimIn(world), undefined);
  }));

test("a claim of that name that is another's is left alone, and the pod is told of it", () =>
  withWorld(["ephemeral-volume", "kube-scheduler"], async (world) => {
    await world.create({ apiVersion: "v1", kind: "Node", metadata: { name: "n" } });
    await world.create(foreign);
    await world.create(pod);
    await world.settle();
    const fault = "PVC default/user-scratch was not created for pod default/user (pod is not owner)";
    assert.deepEqual(messages(world, "FailedBinding"), [`ephemeral volume scratch: ${fault}`]);
    assert.match(String(messages(world, "FailedScheduling")[0]), /was not created for pod default\/user/);
    assert.equal(claimIn(world)?.metadata.ownerReferences, undefined);
  }));

test("until its claim is there, the scheduler says what it waits for", () =>
  withWorld(["kube-scheduler"], async (world) => {
    await world.create({ apiVersion: "v1", kind: "Node", metadata: { name: "n" } });
    await world.create(pod);
    await world.settle();
    assert.match(
      String(messages(world, "FailedScheduling")[0]),
      /waiting for ephemeral volume controller to create the persistentvolumeclaim "user-scratch"/,
    );
  }));
