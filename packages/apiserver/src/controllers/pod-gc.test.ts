import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const pod = (nodeName: string, spec: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web" },
  spec: { ...(nodeName && { nodeName }), containers: [{ name: "web", image: "web:1" }], ...spec },
});
const node: KubeObject = { apiVersion: "v1", kind: "Node", metadata: { name: "laptop" } };
const isThere = (world: World) => world.get("", "pods", "web") !== undefined;

test("pods of a node that is gone wait for it, then go", () =>
  withWorld(["podgc"], async (world) => {
    const laptop = await world.create(node);
    await world.create(pod("laptop"));
    await world.turn(100_000);
    assert.equal(isThere(world), true);
    await world.delete(laptop);
    await world.turn(39_000);
    assert.equal(isThere(world), true);
    await world.turn(1000);
    assert.equal(isThere(world), false);
  }));

test("a node that comes back keeps its pods", () =>
  withWorld(["podgc"], async (world) => {
    await world.create(pod("laptop"));
    await world.settle();
    await world.turn(30_000);
    await world.create(node);
    await world.turn(60_000);
    assert.equal(isThere(world), true);
  }));

test("a pod that ends on a node without a kubelet is gone when its time is over, or at once if it never ran", () =>
  withWorld(["podgc"], async (world) => {
    await world.create(node);
    await world.delete(await world.create(pod("laptop")));
    assert.equal(isThere(world), false);
    const made = await world.create(pod("laptop", { terminationGracePeriodSeconds: 5 }));
    await world.setStatus(made, { phase: "Running" });
    await world.delete(made);
    assert.equal(isThere(world), true);
    await world.turn(5000);
    assert.equal(isThere(world), false);
  }));

test("a pod that ends without ever having had a node is over, also where finalizers hold it", () =>
  withWorld(["podgc"], async (world) => {
    const made = await world.create({ ...pod(""), metadata: { name: "web", finalizers: ["example.com/hold"] } });
    await world.delete(made);
    const status = world.get("", "pods", "web")?.["status"] as { phase?: string; observedGeneration?: number };
    assert.equal(status.phase, "Failed");
    assert.equal(status.observedGeneration, world.get("", "pods", "web")?.metadata.generation);
  }));

test("a kubelet ends its pods itself", () =>
  withWorld(["podgc"], async (world) => {
    await world.create(node);
    const namespace = "kube-node-lease";
    await world.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    await world.create({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "laptop", namespace },
    });
    await world.delete(await world.create(pod("laptop", { terminationGracePeriodSeconds: 5 })));
    await world.turn(60_000);
    assert.equal(isThere(world), true);
  }));
