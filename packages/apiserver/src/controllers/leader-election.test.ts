import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type KubeObject, LeaderElection, leaseTimes } from "@sallyport/kube";
import { leaseAccess } from "./run.ts";
import { World } from "./world.fixture.ts";

const world = await World.with();
await world.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system" } });
after(() => world.stop());

const leading: string[] = [];

function candidate(identity: string): LeaderElection {
  const context = world.context();
  const [namespace, name] = ["kube-system", "kube-controller-manager"];
  return new LeaderElection({
    ...context,
    name,
    namespace,
    access: leaseAccess(context.client, context.cache, namespace, name),
    identity,
    times: leaseTimes,
    lead: async () => {
      leading.push(identity);
      return async () => {
        leading.splice(leading.indexOf(identity), 1);
      };
    },
  });
}

function lease(): { readonly [field: string]: unknown } {
  const found = world.in("kube-system", "coordination.k8s.io", "leases", "kube-controller-manager") as KubeObject;
  return found["spec"] as { readonly [field: string]: unknown };
}

test("one of several leads; another takes over when it is gone", async (t) => {
  const [first, second] = [candidate("first"), candidate("second")];
  await first.start();
  await second.start();
  await t.test("who comes first leads", () => {
    assert.deepEqual(leading, ["first"]);
    assert.equal(lease()["leaseTransitions"], 0);
    assert.match(String(lease()["renewTime"]), /^2026-01-01T00:00:00\.000000Z$/);
  });
  await t.test("who leads renews, for as long as it lives", async () => {
    for (let i = 0; i < 20; i++) await world.turn(2000);
    assert.deepEqual(leading, ["first"]);
    assert.match(String(lease()["renewTime"]), /T00:00:40/);
    assert.match(String(lease()["acquireTime"]), /T00:00:00/);
  });
  await t.test("a step of the clock alone ends no lease", async () => {
    world.clock.step(3_600_000);
    await world.turn(2000);
    assert.deepEqual(leading, ["first"]);
  });
  await t.test("one that lets go is followed at once", async () => {
    await first.stop();
    assert.deepEqual(leading, []);
    await world.turn(2000);
    assert.deepEqual(leading, ["second"]);
    assert.deepEqual([lease()["holderIdentity"], lease()["leaseTransitions"]], ["second", 1]);
  });
  await t.test("one that is gone without a word is followed when its lease is over", async () => {
    await second.stop();
    const gone = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
    const metadata = { name: "kube-controller-manager", namespace: "kube-system" };
    const held = world.in("kube-system", "coordination.k8s.io", "leases", metadata.name) as KubeObject;
    await world.update({ ...gone, metadata: held.metadata }, (fresh) => ({
      ...fresh,
      spec: { holderIdentity: "gone", leaseDurationSeconds: 15, leaseTransitions: 1 },
    }));
    const third = candidate("third");
    await third.start();
    for (let i = 0; i < 7; i++) await world.turn(2000);
    assert.deepEqual(leading, []);
    for (let i = 0; i < 2; i++) await world.turn(2000);
    assert.deepEqual(leading, ["third"]);
    await third.stop();
  });
  await t.test("who lost the lease stops leading", async () => {
    const cut = candidate("cut");
    await cut.start();
    assert.deepEqual(leading, ["cut"]);
    // Somebody else took it by force: what we know of it is no longer ours.
    const held = world.in("kube-system", "coordination.k8s.io", "leases", "kube-controller-manager") as KubeObject;
    await world.update(held, (fresh) => ({ ...fresh, spec: { holderIdentity: "thief", leaseDurationSeconds: 60 } }));
    await world.turn(2000);
    assert.deepEqual(leading, []);
    await cut.stop();
  });
});
