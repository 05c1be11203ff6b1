import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const pod = (name: string, cpu: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "a", image: "x", resources: { requests: { cpu } } }] },
});

const quota = (name: string, hard: object, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata: { name },
  spec: { hard, ...more },
});

/** `USED/HARD` by name. */
function usage(world: World, name = "q"): string {
  const { hard = {}, used = {} } = (world.get("", "resourcequotas", name)?.["status"] ?? {}) as {
    readonly hard?: { readonly [name: string]: string };
    readonly used?: { readonly [name: string]: string };
  };
  return Object.keys(hard)
    .sort()
    .map((each) => `${each} ${used[each]}/${hard[each]}`)
    .join(", ");
}

test("a quota is counted when it comes, when its limits change, and when something goes", () =>
  withWorld(["resourcequota"], async (world) => {
    await world.create(pod("early", "500m"));
    const made = await world.create(quota("q", { pods: "3", "requests.cpu": "2", "count/configmaps": "1" }));
    await world.settle();
    assert.equal(usage(world), "count/configmaps 0/1, pods 1/3, requests.cpu 500m/2");
    const second = await world.create(pod("second", "1"));
    await world.settle();
    assert.equal(usage(world), "count/configmaps 0/1, pods 2/3, requests.cpu 1500m/2");
    await assert.rejects(
      world.create(pod("third", "1")),
      /exceeded quota: q, requested: requests.cpu=1, used: requests.cpu=1500m, limited: requests.cpu=2$/,
    );
    await world.setStatus(second, { phase: "Succeeded" });
    await world.settle();
    assert.equal(usage(world), "count/configmaps 0/1, pods 1/3, requests.cpu 500m/2");
    await world.update(made, (fresh) => ({ ...fresh, spec: { hard: { pods: "2", memory: "1Gi" } } }));
    assert.equal(usage(world), "memory 0/1Gi, pods 1/2");
    await world.delete(second, undefined, 0);
    await world.delete(world.get("", "pods", "early") as KubeObject, undefined, 0);
    assert.equal(usage(world), "memory 0/1Gi, pods 0/2");
  }));

test("what was missed is counted within five minutes", () =>
  withWorld(["resourcequota"], async (world) => {
    const made = await world.create(quota("q", { pods: "3" }));
    await world.settle();
    await world.setStatus(made, { used: { pods: "3" } });
    await world.settle();
    assert.equal(usage(world), "pods 3/3");
    await world.turn(5 * 60_000);
    assert.equal(usage(world), "pods 0/3");
  }));

test("only what is in scope is counted", () =>
  withWorld(["resourcequota"], async (world) => {
    await world.create(pod("asks", "1"));
    await world.create(quota("q", { pods: "3" }, { scopes: ["BestEffort"] }));
    await world.create(quota("r", { pods: "3" }, { scopes: ["NotBestEffort"] }));
    await world.settle();
    assert.deepEqual([usage(world), usage(world, "r")], ["pods 0/3", "pods 1/3"]);
  }));
