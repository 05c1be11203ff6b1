import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "../kubelet/pod-world.fixture.ts";
import { Evictor } from "./evictor.ts";
import type { PodUsage } from "./pod-usage.ts";
import type { Shortage } from "./pressure.ts";
import { disk, Mi, podUsageOf } from "./stats.fixture.ts";

const memory: Shortage = { what: "memory", resource: "memory", available: Mi, threshold: 2n * Mi };
const pids: Shortage = { what: "pid", resource: "pids", available: 1n, threshold: 2n };
const noDisk: Shortage = { what: "disk", resource: "ephemeral-storage", available: Mi, threshold: 2n * Mi };
const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };

/** One look at pods that use so much, on a machine that is so short. */
async function looked(
  usages: readonly PodUsage[],
  shortages: readonly Shortage[],
  afterwards: readonly Shortage[] = shortages,
) {
  const said: string[] = [];
  let measured = 0;
  let short = shortages;
  const evictor = new Evictor({
    clock: new ManualClock(),
    workers: () =>
      usages.map(({ pod }) => ({
        places: { pod, cgroup: "", volumes: [], files: [], containers: [] },
        evict: (message, isForPressure) => {
          said.push(`${pod.metadata.name} ${isForPressure ? "for pressure: " : ""}${message}`);
          return true;
        },
      })),
    usage: async ({ pod }) => {
      measured++;
      return usages.find((each) => each.pod === pod) as PodUsage;
    },
    shortages: async () => short,
    reclaim: async () => {
      said.push("images are removed");
      short = afterwards;
    },
    tell: (_object, type, reason, message) => void said.push([type, reason, message].join(" | ")),
    node,
    onFault: (error) => said.push(error.message),
  });
  await evictor.look();
  return { said, measured, pressures: evictor.pressures };
}

const greedy = podUsageOf(
  { volumes: [{ name: "v", emptyDir: { sizeLimit: "1Mi" } }] },
  { volumes: [{ name: "v", folder: "", isInMemory: false, ...disk(2n * Mi) }], workingSetBytes: Mi },
  { name: "greedy" },
);
const plain = podUsageOf({}, { workingSetBytes: 9n * Mi }, { name: "plain" });

test("nothing is measured of pods without limits on a machine that is well", async () => {
  assert.deepEqual(await looked([plain], []), {
    said: [],
    measured: 0,
    pressures: { memory: false, disk: false, pid: false },
  });
});

test("pods beyond their limits go, and nobody else in the same look", async () => {
  const { said, pressures } = await looked([plain, greedy], [memory]);
  assert.deepEqual(said, ['greedy Usage of EmptyDir volume "v" exceeds the limit "1Mi". ']);
  assert.equal(pressures.memory, true);
});

test("for want of memory one pod goes, and the node says what it is short of", async () => {
  const { said } = await looked([podUsageOf({}, { workingSetBytes: Mi }, { name: "small" }), plain], [memory]);
  assert.deepEqual(said, [
    "Warning | EvictionThresholdMet | Attempting to reclaim memory",
    "plain for pressure: The node was low on resource: memory. Threshold quantity: 2Mi, available: 1Mi. ",
  ]);
});

test("for want of processes no pod goes", async () => {
  const { said, pressures } = await looked([plain], [pids]);
  assert.deepEqual([said, pressures.pid], [[], true]);
});

test("for want of disk images go first, and a pod only where that is not enough", async () => {
  const writer = podUsageOf({}, { ephemeral: disk(3n * Mi) }, { name: "writer" });
  const first = ["Warning | EvictionThresholdMet | Attempting to reclaim ephemeral-storage", "images are removed"];
  assert.deepEqual((await looked([writer], [noDisk], [pids])).said, first);
  const { said } = await looked([writer], [noDisk]);
  assert.deepEqual(said.slice(0, 2), first);
  assert.match(said.slice(2).join(), /^writer for pressure: The node was low on resource: ephemeral-storage\. /);
});
