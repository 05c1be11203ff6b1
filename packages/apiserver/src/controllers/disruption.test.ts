import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const labels = { app: "web" };
const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1" }] } };
const controllers = ["disruption", "replicaset", "deployment"];

const budget = (spec: object): KubeObject => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "web" },
  spec: { selector: { matchLabels: labels }, ...spec },
});
const deployment = (replicas: number): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: { replicas, selector: { matchLabels: labels }, template },
});

async function makeReady(world: World, count: number): Promise<void> {
  const conditions = [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }];
  for (const pod of world.list("", "pods").slice(0, count))
    await world.setStatus(pod, { phase: "Running", conditions });
  await world.settle();
}

/** The status in short: `allowed 1, healthy 3/2 of 4: SufficientPods`. */
function seen(world: World): string {
  const status = world.get("policy", "poddisruptionbudgets", "web")?.["status"] as {
    readonly [field: string]: unknown;
    readonly conditions: readonly { readonly reason: string }[];
  };
  const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, conditions } = status;
  return `allowed ${disruptionsAllowed}, healthy ${currentHealthy}/${desiredHealthy} of ${expectedPods}: ${conditions[0]?.reason}`;
}

/** Budgets of a Deployment of 4 pods, 3 of which are ready. */
const cases: readonly [spec: object, expected: string][] = [
  [{ minAvailable: 2 }, "allowed 1, healthy 3/2 of 4: SufficientPods"],
  [{ minAvailable: 3 }, "allowed 0, healthy 3/3 of 4: InsufficientPods"],
  [{ minAvailable: "30%" }, "allowed 1, healthy 3/2 of 4: SufficientPods"],
  [{ maxUnavailable: 1 }, "allowed 0, healthy 3/3 of 4: InsufficientPods"],
  [{ maxUnavailable: "50%" }, "allowed 1, healthy 3/2 of 4: SufficientPods"],
  [{ maxUnavailable: 9 }, "allowed 3, healthy 3/0 of 4: SufficientPods"],
];
for (const [spec, expected] of cases)
  test(`${JSON.stringify(spec)}: ${expected}`, () =>
    withWorld(controllers, async (world) => {
      await world.create(budget(spec));
      await world.create(deployment(4));
      await world.settle();
      await makeReady(world, 3);
      assert.equal(seen(world), expected);
    }));

test("pods that nobody manages count as they are, and are warned of where their number cannot be known", () =>
  withWorld(controllers, async (world) => {
    const made = await world.create(budget({ maxUnavailable: 1 }));
    await world.settle();
    await world.create({ apiVersion: "v1", kind: "Pod", metadata: { name: "a", labels }, spec: template.spec });
    await makeReady(world, 1);
    assert.equal(seen(world), "allowed 0, healthy 1/0 of 0: InsufficientPods");
    const events = world
      .list("", "events")
      .map(({ reason, message }) => `${reason}: ${message}`)
      .sort();
    assert.equal(events[0], "NoPods: No matching pods found");
    const selector =
      "&LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}";
    assert.equal(
      events[1]?.startsWith(`UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: ${selector})`),
      true,
    );
    await world.update(made, (fresh) => ({ ...fresh, spec: { selector: { matchLabels: labels }, minAvailable: 0 } }));
    assert.equal(seen(world), "allowed 1, healthy 1/0 of 1: SufficientPods");
  }));

test("pods of a manager that has no size fail the budget", () =>
  withWorld(["disruption"], async (world) => {
    const job = await world.create({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "j" },
      spec: { template: { spec: { ...template.spec, restartPolicy: "Never" } } },
    });
    const owner = { apiVersion: "batch/v1", kind: "Job", name: "j", uid: job.metadata.uid ?? "", controller: true };
    const metadata = { name: "a", labels, ownerReferences: [owner] };
    await world.create({ apiVersion: "v1", kind: "Pod", metadata, spec: template.spec });
    await world.create(budget({ maxUnavailable: 1 }));
    await world.settle();
    assert.equal(seen(world), "allowed 0, healthy 0/0 of 0: SyncFailed");
  }));
