import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import type { Claim, Volume } from "./volumes.ts";
import { type World, withWorld } from "./world.fixture.ts";

const controllers = ["persistentvolume-binder"];

/** `NAME SIZE [CLASS] [POLICY]` makes a volume. */
function volume(text: string, more: object = {}): KubeObject {
  const [name = "", storage = "", storageClassName = "", persistentVolumeReclaimPolicy = "Retain"] = text.split(" ");
  const spec = {
    capacity: { storage },
    accessModes: ["ReadWriteOnce"],
    hostPath: { path: `/data/${name}` },
    storageClassName,
    persistentVolumeReclaimPolicy,
    ...more,
  };
  return { apiVersion: "v1", kind: "PersistentVolume", metadata: { name, labels: { disk: name } }, spec };
}

function claim(storage: string, more: object = {}): KubeObject {
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } }, storageClassName: "", ...more };
  return { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "c" }, spec };
}

const storageClass = (name: string, provisioner: string, volumeBindingMode = "Immediate"): KubeObject => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name },
  provisioner,
  volumeBindingMode,
});

/** The claim and the volumes: `c=PHASE:VOLUME v=PHASE`. */
function state(world: World): string {
  const found = world.get("", "persistentvolumeclaims", "c") as Claim | undefined;
  const volumes = ["a", "b"].flatMap((name) => {
    const each = world.cluster("", "persistentvolumes", name) as Volume | undefined;
    return each === undefined ? [] : [`${name}=${each.status?.phase}`];
  });
  const own = found === undefined ? [] : [`c=${found.status?.phase}:${found.spec.volumeName ?? ""}`];
  return [...own, ...volumes].join(" ");
}

function events(world: World): string {
  return world
    .list("", "events")
    .map((each) => `${each["reason"]}: ${each["message"]}`)
    .join("\n");
}

const ref = (name: string) => ({ claimRef: { namespace: "default", name } });
const cases: {
  readonly [what: string]: readonly [objects: readonly KubeObject[], state: string, event?: RegExp];
} = {
  "the smallest that will do": [[volume("a 5Gi"), volume("b 2Gi"), claim("1Gi")], "c=Bound:b a=Available b=Bound"],
  "none is large enough": [
    [volume("a 1Gi"), claim("2Gi")],
    "c=Pending: a=Available",
    /^FailedBinding: no persistent volumes available for this claim and no storage class is set$/,
  ],
  "of its class": [[volume("a 1Gi fast"), volume("b 2Gi"), claim("1Gi")], "c=Bound:b a=Available b=Bound"],
  "of its access modes": [
    [
      volume("a 1Gi"),
      volume("b 2Gi", { accessModes: ["ReadWriteOnce", "ReadOnlyMany"] }),
      claim("1Gi", { accessModes: ["ReadOnlyMany"] }),
    ],
    "c=Bound:b a=Available b=Bound",
  ],
  "that it selects": [
    [volume("a 1Gi"), volume("b 2Gi"), claim("1Gi", { selector: { matchLabels: { disk: "b" } } })],
    "c=Bound:b a=Available b=Bound",
  ],
  "kept for it, though a smaller one is free": [
    [volume("a 1Gi"), volume("b 2Gi", ref("c")), claim("1Gi")],
    "c=Bound:b a=Available b=Bound",
  ],
  "kept for another": [
    [volume("a 1Gi", ref("d")), claim("1Gi")],
    "c=Pending: a=Available",
    /^FailedBinding: no persistent volumes available/,
  ],
  "by name": [[volume("a 1Gi"), volume("b 5Gi"), claim("1Gi", { volumeName: "b" })], "c=Bound:b a=Available b=Bound"],
  "by a name that is not there": [[claim("1Gi", { volumeName: "z" })], "c=Pending:z"],
  "by the name of one that is too small": [
    [volume("a 1Gi"), claim("2Gi", { volumeName: "a" })],
    "c=Pending:a a=Available",
    /^VolumeMismatch: Cannot bind to requested volume "a": requested PV is too small$/,
  ],
  "by the name of another's": [
    [volume("a 1Gi", ref("d")), claim("1Gi", { volumeName: "a" })],
    "c=Pending:a a=Available",
    /^FailedBinding: volume "a" already bound to a different claim\.$/,
  ],
  "its class makes volumes": [
    [storageClass("fast", "example.com/disks"), claim("1Gi", { storageClassName: "fast" })],
    "c=Pending:",
    /^ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example\.com\/disks' or manually/,
  ],
  "its class is not there": [
    [claim("1Gi", { storageClassName: "fast" })],
    "c=Pending:",
    /^ProvisioningFailed: storageclass\.storage\.k8s\.io "fast" not found$/,
  ],
  "its class waits for a user": [
    [
      storageClass("fast", "example.com/disks", "WaitForFirstConsumer"),
      volume("a 1Gi fast"),
      claim("1Gi", { storageClassName: "fast" }),
    ],
    "c=Pending: a=Available",
    /^WaitForFirstConsumer: waiting for first consumer to be created before binding$/,
  ],
};

for (const [what, [objects, wanted, event]] of Object.entries(cases))
  test(`a claim: ${what}`, () =>
    withWorld(controllers, async (world) => {
      for (const each of objects) await world.create(each);
      await world.settle();
      assert.equal(state(world), wanted);
      assert.match(events(world), event ?? /^$/);
      // In any order the same.
      await world.restart();
      assert.equal(state(world), wanted);
    }));

test("a claim without a class gets the default one as soon as there is one, and waits for the pod that uses it", () =>
  withWorld(controllers, async (world) => {
    const { storageClassName: _, ...spec } = claim("1Gi")["spec"] as { readonly storageClassName: string };
    await world.create({ ...claim("1Gi"), spec });
    await world.create({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "user" },
      spec: {
        containers: [{ name: "a", image: "x" }],
        volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }],
      },
    });
    await world.settle();
    const fast = storageClass("fast", "example.com/disks", "WaitForFirstConsumer");
    const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
    await world.create({ ...fast, metadata: { ...fast.metadata, annotations } });
    await world.settle();
    const found = world.get("", "persistentvolumeclaims", "c") as Claim;
    assert.deepEqual([found.spec.storageClassName, found.status?.phase], ["fast", "Pending"]);
    assert.match(events(world), /^WaitForPodScheduled: waiting for pod user to be scheduled$/m);
  }));

for (const [policy, wanted] of [
  ["Retain", "a=Released"],
  ["Delete", "a=Failed"],
  ["Recycle", "a=Failed"],
] as const)
  test(`a volume whose claim went: ${policy}`, () =>
    withWorld(controllers, async (world) => {
      await world.create(volume(`a 1Gi  ${policy}`));
      const made = await world.create(claim("1Gi"));
      await world.settle();
      await world.update(world.get("", "persistentvolumeclaims", "c") as KubeObject, (fresh) => {
        const { finalizers: _, ...metadata } = fresh.metadata;
        return { ...fresh, metadata };
      });
      await world.delete(made);
      assert.equal(state(world), wanted);
      // It is nobody's: what is on it may be somebody's secret.
      await world.create(claim("1Gi"));
      await world.settle();
      assert.equal(state(world), `c=Pending: ${wanted}`);
    }));

test("what binding writes", () =>
  withWorld(controllers, async (world) => {
    await world.create(volume("a 3Gi"));
    const made = await world.create(claim("1Gi"));
    await world.settle();
    const [bound, owned] = [
      world.cluster("", "persistentvolumes", "a") as Volume,
      world.get("", "persistentvolumeclaims", "c") as Claim,
    ];
    assert.deepEqual(bound.spec.claimRef, {
      kind: "PersistentVolumeClaim",
      apiVersion: "v1",
      namespace: "default",
      name: "c",
      uid: made.metadata.uid,
      resourceVersion: (bound.spec.claimRef as { readonly resourceVersion?: string }).resourceVersion,
    });
    assert.equal(bound.metadata.annotations?.["pv.kubernetes.io/bound-by-controller"], "yes");
    assert.deepEqual(owned.metadata.annotations, {
      "pv.kubernetes.io/bind-completed": "yes",
      "pv.kubernetes.io/bound-by-controller": "yes",
    });
    assert.deepEqual(owned.status, { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "3Gi" } });
  }));

test("a claim whose volume went is lost", () =>
  withWorld(controllers, async (world) => {
    const made = await world.create(volume("a 1Gi"));
    await world.create(claim("1Gi"));
    await world.settle();
    await world.update(made, (fresh) => {
      const { finalizers: _, ...metadata } = fresh.metadata;
      return { ...fresh, metadata };
    });
    await world.delete(made);
    assert.equal(state(world), "c=Lost:a");
    assert.match(events(world), /^ClaimLost: Bound claim has lost its PersistentVolume\. Data on the volume is lost!$/);
  }));
