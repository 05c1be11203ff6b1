import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import type { Claim, Volume } from "./volumes.ts";
import { type World, withWorld } from "./world.fixture.ts";

const controllers = [
  ...["kube-scheduler", "host-path-provisioner", "persistentvolume-binder"],
  ...["pvc-protection", "pv-protection"],
];
const folder = mkdtempSync(join(tmpdir(), "sallyport-volumes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const claim: KubeObject = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};
const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "user" },
  spec: {
    containers: [{ name: "a", image: "a:1" }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
    tolerations: [{ operator: "Exists" }],
  },
};

async function addNode(world: World): Promise<void> {
  const node = await world.create({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "laptop", labels: { "kubernetes.io/hostname": "laptop" } },
  });
  await world.setStatus(node, { capacity: { pods: "9" }, allocatable: { pods: "9" } });
}

const claimIn = (world: World) => world.get("", "persistentvolumeclaims", "data") as Claim;

/** Folders are made by other threads. */
async function until(world: World, isDone: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !isDone(); i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    await world.settle();
  }
  assert.ok(isDone());
}

test("a claim of the default class has a real folder when a pod uses it, until it goes", () =>
  withWorld([], async (world) => {
    world.volumeFolder = folder;
    await world.restart(controllers);
    await addNode(world);
    await until(world, () => world.cluster("storage.k8s.io", "storageclasses", "standard") !== undefined);
    const made = await world.create(claim);
    await world.settle();
    assert.equal(claimIn(world).spec.storageClassName, "standard");
    assert.equal(claimIn(world).status?.phase, "Pending");
    const user = await world.create(pod);
    await until(world, () => (world.get("", "pods", "user")?.["spec"] as { nodeName?: string }).nodeName === "laptop");
    assert.equal(claimIn(world).status?.phase, "Bound");
    const name = claimIn(world).spec.volumeName ?? "";
    const volume = world.cluster("", "persistentvolumes", name) as Volume;
    const path = volume.spec.hostPath?.path ?? "";
    assert.equal(path, join(folder, `pvc-${made.metadata.uid}`));
    assert.equal(statSync(path).mode & 0o777, 0o777);
    writeFileSync(join(path, "kept"), "x");
    await world.delete(user, undefined, 0);
    await world.delete(made);
    await until(world, () => world.cluster("", "persistentvolumes", name) === undefined);
    assert.ok(!existsSync(path));
  }));

test("a volume that says that it was made here, and was not, keeps its folder", () =>
  withWorld([], async (world) => {
    world.volumeFolder = folder;
    const elsewhere = mkdtempSync(join(tmpdir(), "sallyport-kept-"));
    await world.restart(controllers);
    const forged = {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: {
        name: "pvc-00000000-0000-0000-0000-000000000000",
        annotations: { "pv.kubernetes.io/provisioned-by": "sallyport.dev/host-path" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        capacity: { storage: "1Gi" },
        hostPath: { path: elsewhere },
        persistentVolumeReclaimPolicy: "Delete",
        claimRef: { namespace: "default", name: "gone", uid: "1" },
      },
    };
    await world.create(forged);
    await until(world, () => world.list("", "events").some(({ reason }) => reason === "VolumeFailedDelete"));
    assert.ok(existsSync(elsewhere));
    rmSync(elsewhere, { recursive: true });
  }));
