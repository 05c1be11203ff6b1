import assert from "node:assert/strict";
import { test } from "node:test";
import { claimedPath } from "./claimed-path.ts";
import type { Claim, PersistentVolume } from "./pod-reader.ts";
import { fakeCluster } from "./volumes.fixture.ts";

const bound = (spec: object = {}): Claim => ({ spec: { volumeName: "v", ...spec }, status: { phase: "Bound" } });

const cases: readonly (readonly [Claim | undefined, PersistentVolume | undefined, string])[] = [
  [bound(), { spec: { hostPath: { path: "/etc" } } }, "/etc"],
  [bound(), { spec: { local: { path: "/etc" } } }, "/etc"],
  [bound(), { spec: { local: { path: "/nowhere" } } }, "hostPath type check failed: /nowhere is not a directory"],
  [bound(), { spec: {} }, "no volume plugin matched"],
  [bound(), undefined, "error processing PVC a/c: failed to fetch PV v from API server: not found"],
  [{ status: { phase: "Pending" } }, undefined, "error processing PVC a/c: PVC is not bound"],
  [
    bound({ volumeMode: "Block" }),
    undefined,
    "error processing PVC a/c: volume data has volumeMode Block, but is specified in volumeMounts",
  ],
  [
    undefined,
    undefined,
    'error processing PVC a/c: failed to fetch PVC from API server: persistentvolumeclaims "c" not found',
  ],
];

for (const [claim, volume, wanted] of cases)
  test(`a claim's folder: ${wanted}`, async () => {
    const cluster = fakeCluster();
    cluster.claims["c"] = claim;
    cluster.volumes["v"] = volume;
    const found = await claimedPath(cluster, "a", "c", "data").catch((error: Error) => error.message);
    assert.equal(found, wanted);
  });
