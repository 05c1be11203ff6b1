import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import type { Controller, ControllerContext, ControllerKind } from "./controller.ts";
import { identityLease } from "./identity-lease.ts";
import { identityLeaseGarbageCollector } from "./identity-lease-gc.ts";
import { type World, withWorld } from "./world.fixture.ts";

const group = "coordination.k8s.io";
/** That of a machine `vm`. */
const own = "apiserver-wlv32tlttr4jl3gtroqexyxapa";

const created = (world: World, kind: ControllerKind): Controller =>
  kind.create({ ...world.context(), hostname: "vm" } as ControllerContext);

const leaseOf = (world: World, name: string) =>
  world.in("kube-system", group, "leases", name) as
    | (KubeObject & { readonly spec: { readonly [field: string]: unknown } })
    | undefined;

const withSystem = (run: (world: World) => Promise<void>) =>
  withWorld([], async (world) => {
    await world.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system" } });
    await run(world);
  });

test("a server tells that it lives, takes away what its last life left, and its own at its end", () =>
  withSystem(async (world) => {
    await world.create(leaseObject(own, { holderIdentity: `${own}_before` }));
    const before = leaseOf(world, own)?.metadata.uid;
    const controller = created(world, identityLease);
    await controller.start();
    await world.settle();
    const first = leaseOf(world, own);
    assert.notEqual(first?.metadata.uid, before);
    assert.deepEqual(first?.metadata.labels, {
      "apiserver.kubernetes.io/identity": "kube-apiserver",
      "kubernetes.io/hostname": "vm",
    });
    assert.match(String(first?.spec["holderIdentity"]), new RegExp(`^${own}_[0-9a-f-]{36}$`));
    assert.equal(first?.spec["leaseDurationSeconds"], 3600);
    assert.equal(first?.spec["renewTime"], "2026-01-01T00:00:00.000000Z");
    await world.turn(10_000);
    assert.equal(leaseOf(world, own)?.spec["renewTime"], "2026-01-01T00:00:10.000000Z");
    assert.equal(leaseOf(world, own)?.metadata.uid, first?.metadata.uid);
    await controller.stop();
    assert.equal(leaseOf(world, own), undefined);
  }));

test("the lease of another server of the same machine stays", () =>
  withSystem(async (world) => {
    const [one, two] = [created(world, identityLease), created(world, identityLease)];
    await one.start();
    await world.settle();
    await two.start();
    await world.settle();
    const held = leaseOf(world, own);
    await one.stop();
    assert.deepEqual(leaseOf(world, own), held);
    await two.stop();
    assert.equal(leaseOf(world, own), undefined);
  }));

test("leases of servers that are gone go, each hour; others' stay", () =>
  withSystem(async (world) => {
    const renewTime = "2026-01-01T00:00:00.000000Z";
    await world.create(leaseObject("apiserver-a", { leaseDurationSeconds: 3600, renewTime }));
    await world.create(leaseObject("apiserver-long", { leaseDurationSeconds: 36_000, renewTime }));
    await world.create(leaseObject("apiserver-bare", { holderIdentity: "x" }));
    await world.create(leaseObject("manager", { holderIdentity: "x" }, {}));
    const controller = created(world, identityLeaseGarbageCollector);
    const left = () =>
      ["apiserver-a", "apiserver-long", "apiserver-bare", "manager"].filter((each) => leaseOf(world, each));
    await controller.start();
    await world.settle();
    assert.deepEqual(left(), ["apiserver-a", "apiserver-long", "manager"]);
    await world.turn(3_600_000);
    assert.deepEqual(left(), ["apiserver-a", "apiserver-long", "manager"]);
    await world.turn(3_600_000);
    assert.deepEqual(left(), ["apiserver-long", "manager"]);
    await controller.stop();
  }));

function leaseObject(
  name: string,
  spec: object,
  labels: { readonly [key: string]: string } = { "apiserver.kubernetes.io/identity": "kube-apiserver" },
): KubeObject {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace: "kube-system", labels },
    spec,
  };
}
