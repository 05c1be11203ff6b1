import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { withWorld } from "./world.fixture.ts";

const controllers = ["pvc-protection", "pv-protection"];

const claim: KubeObject = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
};

function podWith(volume: object, nodeName?: string): KubeObject {
  const containers = [{ name: "a", image: "a:1" }];
  const spec = { containers, volumes: [{ name: "data", ...volume }], ...(nodeName === undefined ? {} : { nodeName }) };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "user" }, spec };
}

const byName = { persistentVolumeClaim: { claimName: "data" } };

const cases: readonly [what: string, pod: KubeObject | undefined, isHeld: boolean][] = [
  ["nobody uses", undefined, false],
  ["a pod on a node uses", podWith(byName, "n1"), true],
  ["a pod on no node yet names", podWith(byName), false],
  ["another volume leaves alone", podWith({ emptyDir: {} }, "n1"), false],
];

for (const [what, pod, isHeld] of cases)
  test(`a claim that ${what} is ${isHeld ? "held" : "deleted"}`, async () =>
    withWorld(controllers, async (world) => {
      const made = await world.create(claim);
      assert.deepEqual(made.metadata.finalizers, ["kubernetes.io/pvc-protection"]);
      const user = pod && (await world.create(pod));
      await world.delete(made);
      const found = world.get("", "persistentvolumeclaims", "data");
      assert.equal(found !== undefined, isHeld);
      if (user === undefined || !isHeld) return;
      await world.delete(user, undefined, 0);
      assert.equal(world.get("", "persistentvolumeclaims", "data"), undefined);
    }));

test("a bound claim says whether a pod names it, on a node or not", async () =>
  withWorld(controllers, async (world) => {
    const made = await world.create(claim);
    const unused = () => {
      const { conditions = [] } = (world.get("", "persistentvolumeclaims", "data")?.["status"] ?? {}) as {
        readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      };
      return conditions.find(({ type }) => type === "Unused")?.status;
    };
    assert.equal(unused(), undefined);
    await world.setStatus(made, { phase: "Bound" });
    await world.settle();
    assert.equal(unused(), "True");
    const user = await world.create(podWith(byName));
    await world.settle();
    assert.equal(unused(), "False");
    await world.setStatus(user, { phase: "Succeeded" });
    await world.settle();
    assert.equal(unused(), "True");
  }));

test("a volume is held while it is bound", async () =>
  withWorld(controllers, async (world) => {
    const hostPath = { path: "/data" };
    const spec = { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath };
    const made = await world.create({ apiVersion: "v1", kind: "PersistentVolume", metadata: { name: "v" }, spec });
    await world.setStatus(made, { phase: "Bound" });
    await world.delete(made);
    assert.ok(world.cluster("", "persistentvolumes", "v"));
    await world.setStatus(made, { phase: "Released" });
    await world.settle();
    assert.equal(world.cluster("", "persistentvolumes", "v"), undefined);
  }));
