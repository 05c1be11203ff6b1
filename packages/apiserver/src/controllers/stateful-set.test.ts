import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { type World, withWorld } from "./world.fixture.ts";

const labels = { app: "db" };
const controllers = ["statefulset", "garbagecollector"];

const template = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: "db", image }] } });
const claim = {
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

function db(spec: object = {}): KubeObject {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db" },
    spec: { replicas: 3, serviceName: "db", selector: { matchLabels: labels }, template: template("db:1"), ...spec },
  };
}

const changed = (spec: object) => (fresh: KubeObject) => ({
  ...fresh,
  spec: { ...(fresh["spec"] as object), ...spec },
});

/** Each pod with its image: `db-0=db:1 db-1=db:2`. */
function pods(world: World): string {
  return world
    .list("", "pods")
    .map(({ metadata, spec }) => {
      const { containers } = spec as { readonly containers: readonly { readonly image: string }[] };
      return `${metadata.name}=${containers[0]?.image}`;
    })
    .join(" ");
}

function status(world: World): { readonly [field: string]: unknown } {
  return world.get("apps", "statefulsets", "db")?.["status"] as { readonly [field: string]: unknown };
}

/** The counts of the status, in this order: all, ready, of the current revision, of the newest one, available. */
function counts(world: World): string {
  const names = ["replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];
  return names.map((name) => status(world)[name] ?? 0).join(" ");
}

async function makeReady(world: World, ...names: readonly string[]): Promise<void> {
  const lastTransitionTime = `${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;
  const conditions = [{ type: "Ready", status: "True", lastTransitionTime }];
  for (const pod of world.list("", "pods"))
    if (names.length === 0 || names.includes(pod.metadata.name ?? ""))
      await world.setStatus(pod, { phase: "Running", conditions });
  await world.settle();
}

/** Makes pods ready until nothing more happens. */
async function bringUp(world: World): Promise<void> {
  for (let round = 0; round < 10; round++) await makeReady(world);
}

test("pods are made one after another, each when the one before is ready", () =>
  withWorld(controllers, async (world) => {
    await world.create(db());
    await world.settle();
    assert.equal(pods(world), "db-0=db:1");
    assert.equal(counts(world), "1 0 1 1 0");
    await makeReady(world);
    assert.equal(pods(world), "db-0=db:1 db-1=db:1");
    await makeReady(world);
    await makeReady(world);
    assert.equal(counts(world), "3 3 3 3 3");
    const { currentRevision, updateRevision, observedGeneration, collisionCount } = status(world);
    assert.match(String(currentRevision), /^db-[a-z0-9]{6,10}$/);
    assert.deepEqual([updateRevision, observedGeneration, collisionCount], [currentRevision, 1, 0]);
    const events = world.list("", "events").map(({ reason, message }) => `${reason}: ${message}`);
    assert.equal(events.includes("SuccessfulCreate: Create Pod db-2 in StatefulSet db successful"), true);
  }));

test("a pod knows its name, its ordinal, its revision and its service", () =>
  withWorld(controllers, async (world) => {
    await world.create(db({ replicas: 1, ordinals: { start: 5 } }));
    await world.settle();
    const pod = world.get("", "pods", "db-5");
    assert.deepEqual(pod?.metadata.labels, {
      app: "db",
      "apps.kubernetes.io/pod-index": "5",
      "controller-revision-hash": status(world)["updateRevision"],
      "statefulset.kubernetes.io/pod-name": "db-5",
    });
    const { hostname, subdomain } = pod?.["spec"] as { readonly [field: string]: unknown };
    assert.deepEqual([hostname, subdomain], ["db-5", "db"]);
    assert.equal(pod?.metadata.ownerReferences?.[0]?.kind, "StatefulSet");
  }));

test("Parallel makes all pods at once, and deletes them at once", () =>
  withWorld(controllers, async (world) => {
    const set = await world.create(db({ podManagementPolicy: "Parallel" }));
    await world.settle();
    assert.equal(pods(world), "db-0=db:1 db-1=db:1 db-2=db:1");
    await world.update(set, changed({ replicas: 0 }));
    assert.equal(pods(world), "");
  }));

test("scaling down deletes the last pods first; a deleted pod comes back under its name", () =>
  withWorld(controllers, async (world) => {
    const set = await world.create(db());
    await bringUp(world);
    await world.delete(world.get("", "pods", "db-1") as KubeObject);
    assert.equal(pods(world), "db-0=db:1 db-1=db:1 db-2=db:1");
    // db-1 is not ready: nothing behind it goes before it is.
    await world.update(set, changed({ replicas: 2 }));
    assert.equal(pods(world), "db-0=db:1 db-1=db:1 db-2=db:1");
    await makeReady(world);
    assert.equal(pods(world), "db-0=db:1 db-1=db:1");
  }));

/** How a new template comes into the set, by its strategy: what is there at once, and when all is ready again and again. */
const rollouts: readonly [name: string, updateStrategy: object, first: string, last: string][] = [
  ["RollingUpdate", { type: "RollingUpdate" }, "db-0=db:1 db-1=db:1 db-2=db:2", "db-0=db:2 db-1=db:2 db-2=db:2"],
  [
    "RollingUpdate from a partition on",
    { type: "RollingUpdate", rollingUpdate: { partition: 1 } },
    "db-0=db:1 db-1=db:1 db-2=db:2",
    "db-0=db:1 db-1=db:2 db-2=db:2",
  ],
  [
    "RollingUpdate with two away at a time",
    { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 2 } },
    "db-0=db:1 db-1=db:2",
    "db-0=db:2 db-1=db:2 db-2=db:2",
  ],
  ["OnDelete", { type: "OnDelete" }, "db-0=db:1 db-1=db:1 db-2=db:1", "db-0=db:1 db-1=db:1 db-2=db:1"],
];
for (const [name, updateStrategy, first, last] of rollouts)
  test(`${name}: which pods a new template reaches`, () =>
    withWorld(controllers, async (world) => {
      const set = await world.create(db({ updateStrategy }));
      await bringUp(world);
      await world.update(set, changed({ template: template("db:2") }));
      assert.equal(pods(world), first);
      assert.notEqual(status(world)["currentRevision"], status(world)["updateRevision"]);
      await bringUp(world);
      assert.equal(pods(world), last);
      const isDone = last.includes("=db:1") === false;
      assert.equal(status(world)["currentRevision"] === status(world)["updateRevision"], isDone);
      assert.equal(world.list("apps", "controllerrevisions").length, 2);
    }));

test("a pod below the partition comes back as it was; OnDelete gives it the new template", () =>
  withWorld(controllers, async (world) => {
    const updateStrategy = { type: "RollingUpdate", rollingUpdate: { partition: 3 } };
    const set = await world.create(db({ updateStrategy }));
    await bringUp(world);
    await world.update(set, changed({ template: template("db:2") }));
    await world.delete(world.get("", "pods", "db-2") as KubeObject);
    assert.equal(pods(world), "db-0=db:1 db-1=db:1 db-2=db:1");
    await world.update(set, changed({ updateStrategy: { type: "OnDelete" } }));
    await bringUp(world);
    await world.delete(world.get("", "pods", "db-2") as KubeObject);
    assert.equal(pods(world), "db-0=db:1 db-1=db:1 db-2=db:2");
  }));

test("an old template is an old revision with a new number; idle revisions beyond the limit go", () =>
  withWorld(controllers, async (world) => {
    const set = await world.create(db({ revisionHistoryLimit: 1, replicas: 1 }));
    await bringUp(world);
    for (const image of ["db:2", "db:3", "db:1", "db:4"]) {
      await world.update(set, changed({ template: template(image) }));
      await bringUp(world);
    }
    const revisions = world.list("apps", "controllerrevisions").map(({ revision }) => Number(revision));
    assert.deepEqual([...revisions].sort(), [4, 5]);
  }));

test("a pod that failed is made anew", () =>
  withWorld(controllers, async (world) => {
    await world.create(db({ replicas: 1 }));
    await bringUp(world);
    const { uid } = world.get("", "pods", "db-0")?.metadata ?? {};
    await world.setStatus(world.get("", "pods", "db-0") as KubeObject, { phase: "Failed" });
    await world.settle();
    assert.notEqual(world.get("", "pods", "db-0")?.metadata.uid, uid);
    const reasons = world.list("", "events").map(({ reason }) => reason);
    assert.equal(reasons.includes("SuccessfulDelete"), true);
  }));

/** What is left of the claims of three pods when two are too many, and when the set is gone. */
const retentions: readonly [whenScaled: string, whenDeleted: string, scaled: number, deleted: number][] = [
  ["Retain", "Retain", 3, 3],
  ["Delete", "Retain", 1, 1],
  ["Retain", "Delete", 3, 0],
  ["Delete", "Delete", 1, 0],
];
for (const [whenScaled, whenDeleted, scaled, deleted] of retentions)
  test(`claims are made of templates; when scaled: ${whenScaled}, when deleted: ${whenDeleted}`, () =>
    withWorld(controllers, async (world) => {
      const persistentVolumeClaimRetentionPolicy = { whenScaled, whenDeleted };
      const set = await world.create(db({ volumeClaimTemplates: [claim], persistentVolumeClaimRetentionPolicy }));
      await bringUp(world);
      assert.deepEqual(world.names("", "persistentvolumeclaims"), ["data-db-0", "data-db-1", "data-db-2"]);
      const { volumes } = world.get("", "pods", "db-1")?.["spec"] as { readonly volumes: readonly object[] };
      assert.deepEqual(volumes[0], { name: "data", persistentVolumeClaim: { claimName: "data-db-1" } });
      // What holds claims in use is another controller's.
      await release(world);
      await world.update(set, changed({ replicas: 1 }));
      await bringUp(world);
      await release(world);
      assert.equal(world.names("", "persistentvolumeclaims").length, scaled);
      await world.delete(set);
      await release(world);
      assert.equal(world.names("", "persistentvolumeclaims").length, deleted);
    }));

async function release(world: World): Promise<void> {
  for (const each of world.list("", "persistentvolumeclaims"))
    await world.update(each, (fresh) => {
      const { finalizers: _, ...metadata } = fresh.metadata;
      return { ...fresh, metadata };
    });
}
