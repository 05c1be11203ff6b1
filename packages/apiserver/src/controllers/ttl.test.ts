import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { withWorld } from "./world.fixture.ts";

test("nodes are told how long secrets may be kept, by how many nodes there are", () =>
  withWorld(["ttl"], async (world) => {
    const all: KubeObject[] = [];
    const grow = async (count: number) => {
      while (all.length < count)
        all.push(await world.create({ apiVersion: "v1", kind: "Node", metadata: { name: `n${all.length}` } }));
      await world.settle();
    };
    const seconds = () => world.cluster("", "nodes", "n0")?.metadata.annotations?.["node.alpha.kubernetes.io/ttl"];
    await grow(1);
    assert.equal(seconds(), "0");
    await grow(100);
    assert.equal(seconds(), "0");
    await grow(101);
    assert.equal(seconds(), "15");
    for (const node of all.splice(90)) await world.delete(node);
    assert.equal(seconds(), "15");
    for (const node of all.splice(89)) await world.delete(node);
    assert.equal(seconds(), "0");
  }));
