import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import type { Condition } from "./conditions.ts";
import { type World, withWorld } from "./world.fixture.ts";

const namespace: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } };
const map = (name: string, finalizers?: readonly string[]): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "n", ...(finalizers === undefined ? {} : { finalizers }) },
});

function conditions(world: World): readonly string[] {
  const { conditions: all = [] } = (world.cluster("", "namespaces", "n")?.["status"] ?? {}) as {
    readonly conditions?: readonly Condition[];
  };
  return all.map(({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`);
}

test("a namespace that is deleted is emptied, and goes", () =>
  withWorld(["namespace"], async (world) => {
    const made = await world.create(namespace);
    await world.create(map("a"));
    await world.delete(made);
    assert.equal(world.in("n", "", "configmaps", "a"), undefined);
    assert.equal(world.cluster("", "namespaces", "n"), undefined);
  }));

test("a namespace tells what it waits for, and goes when that is gone", () =>
  withWorld(["namespace"], async (world) => {
    const made = await world.create(namespace);
    const held = await world.create(map("a", ["example.com/one", "example.com/two"]));
    await world.create(map("b", ["example.com/one"]));
    await world.create(map("c"));
    await world.delete(made);
    assert.equal(world.in("n", "", "configmaps", "c"), undefined);
    assert.deepEqual(conditions(world), [
      "NamespaceDeletionDiscoveryFailure False ResourcesDiscovered: All resources successfully discovered",
      "NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions: All legacy kube types successfully parsed",
      "NamespaceDeletionContentFailure False ContentDeleted: All content successfully deleted, may be waiting on finalization",
      "NamespaceContentRemaining True SomeResourcesRemain: Some resources are remaining: configmaps. has 2 resource instances",
      "NamespaceFinalizersRemaining True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/one in 2 resource instances, example.com/two in 1 resource instances",
    ]);
    const free = (fresh: KubeObject) => ({ ...fresh, metadata: { ...fresh.metadata, finalizers: [] } });
    await world.update(held, free);
    assert.match(conditions(world)[3] ?? "", /configmaps\. has 1 resource instances$/);
    await world.update(world.in("n", "", "configmaps", "b") as KubeObject, free);
    assert.equal(world.cluster("", "namespaces", "n"), undefined);
  }));
