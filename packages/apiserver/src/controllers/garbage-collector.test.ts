import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

/** `b<a` is b owned by a; `b<!a` blocks a's deletion; `c<a,b` has both. Owners are made first. */
async function plant(world: World, text: string): Promise<Map<string, KubeObject>> {
  const made = new Map<string, KubeObject>();
  for (const part of text.split(" ")) {
    const [name = "", owners = ""] = part.split("<");
    const ownerReferences = owners
      .split(",")
      .filter(Boolean)
      .map((each) => {
        const owner = each.replace("!", "");
        const uid = made.get(owner)?.metadata.uid ?? "00000000-0000-0000-0000-000000000000";
        return { apiVersion: "v1", kind: "ConfigMap", name: owner, uid, blockOwnerDeletion: each.startsWith("!") };
      });
    const metadata = { name, ownerReferences };
    made.set(name, await world.create({ apiVersion: "v1", kind: "ConfigMap", metadata }));
  }
  await world.settle();
  return made;
}

const cases: readonly [objects: string, policy: "Orphan" | "Foreground" | "Background", left: string][] = [
  ["a b<a c", "Background", "c"],
  ["a b<a c<b d<c", "Background", ""],
  ["a b c<a,b", "Background", "b c<b"],
  ["a b<a c<b", "Orphan", "b c<b"],
  ["a b c<a,b", "Orphan", "b c<b"],
  ["a b<!a c<!b", "Foreground", ""],
  ["a b<a", "Foreground", ""],
  ["a b c<!a,b", "Foreground", "b c<b"],
  ["a x<gone y", "Background", "y"],
];

for (const [objects, policy, left] of cases) {
  test(`a of "${objects}" is deleted by ${policy}: "${left}" is left`, () =>
    withWorld(["garbagecollector"], async (world) => {
      const made = await plant(world, objects);
      await world.delete(made.get("a") as KubeObject, policy);
      const found = world.list("", "configmaps").map(({ metadata: { name, ownerReferences = [] } }) => {
        return [name, ownerReferences.map((each) => each.name).join(",")].filter(Boolean).join("<");
      });
      assert.equal(found.join(" "), left);
    }));
}

test("an owner waits in the foreground for a dependent with a finalizer of another", () =>
  withWorld(["garbagecollector"], async (world) => {
    const made = await plant(world, "a b<!a");
    const held = made.get("b") as KubeObject;
    const hold = (finalizers: readonly string[]) => (fresh: KubeObject) => ({
      ...fresh,
      metadata: { ...fresh.metadata, finalizers },
    });
    await world.update(held, hold(["example.com/held"]));
    await world.delete(made.get("a") as KubeObject, "Foreground");
    assert.deepEqual(world.names("", "configmaps"), ["a", "b"]);
    await world.update(held, hold([]));
    assert.deepEqual(world.names("", "configmaps"), []);
  }));

test("what was left undone is taken up after a restart", () =>
  withWorld([], async (world) => {
    const made = await plant(world, "a b<a c");
    await world.delete(made.get("a") as KubeObject, "Background");
    assert.deepEqual(world.names("", "configmaps"), ["b", "c"]);
    await world.restart(["*"]);
    assert.deepEqual(
      world.names("", "configmaps").filter((name) => name !== "kube-root-ca.crt"),
      ["c"],
    );
  }));
