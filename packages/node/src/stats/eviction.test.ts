import assert from "node:assert/strict";
import { test } from "node:test";
import { evictionMessage, evictionOrder } from "./eviction.ts";
import type { PodUsage } from "./pod-usage.ts";
import { Pressures, type Shortage, shortagesOf } from "./pressure.ts";
import { containerUsage, disk, Mi, machineOf, podUsageOf } from "./stats.fixture.ts";
import { hasStorageLimit, storageExcess } from "./storage-limits.ts";

const limited = { containers: [{ name: "c", image: "i", resources: { limits: { "ephemeral-storage": "1Mi" } } }] };
const scratch = { volumes: [{ name: "scratch", emptyDir: { sizeLimit: "2Mi" } }] };
const volume = { name: "scratch", folder: "/v", isInMemory: false };

const limits: readonly (readonly [what: string, usage: PodUsage, excess: string | undefined])[] = [
  ["nothing said", podUsageOf({}, { ephemeral: disk(900n * Mi) }), undefined],
  ["an emptyDir within its limit", podUsageOf(scratch, { volumes: [{ ...volume, ...disk(2n * Mi) }] }), undefined],
  [
    "an emptyDir beyond it",
    podUsageOf(scratch, { volumes: [{ ...volume, ...disk(2n * Mi + 1n) }] }),
    'Usage of EmptyDir volume "scratch" exceeds the limit "2Mi". ',
  ],
  ["a pod within its containers' limits", podUsageOf(limited, { ephemeral: disk(Mi) }), undefined],
  [
    "a pod beyond them",
    podUsageOf(limited, { ephemeral: disk(Mi + 1n) }),
    "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ",
  ],
  [
    "a container beyond its own",
    podUsageOf(
      { containers: [limited.containers[0], { ...limited.containers[0], name: "d" }] },
      {
        containers: [containerUsage({ rootfs: disk(Mi), logs: disk(1n) }), containerUsage({ name: "d" })],
        ephemeral: disk(Mi + 1n),
      },
    ),
    'Container c exceeded its local ephemeral storage limit "1Mi". ',
  ],
];

for (const [what, usage, excess] of limits)
  test(`limits of the disk: ${what}`, () => assert.equal(storageExcess(usage), excess));

test("pods without a limit on the disk need no measuring", () => {
  const memory = { volumes: [{ name: "m", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } }] };
  assert.deepEqual(
    [{}, memory, scratch, limited].map((spec) => hasStorageLimit(podUsageOf(spec).pod)),
    [false, false, true, true],
  );
});

test("what a machine is short of, by kubelet's thresholds", () => {
  const { disk: well } = machineOf();
  const short = machineOf({
    memoryAvailableBytes: 99n * Mi,
    disk: { ...well, availableBytes: 49n * Mi, inodesFree: 49n },
    processes: 950,
  });
  assert.deepEqual(shortagesOf(machineOf()), []);
  assert.deepEqual(
    shortagesOf(short).map(({ resource, available, threshold }) => [resource, available, threshold]),
    [
      ["memory", 99n * Mi, 100n * Mi],
      ["ephemeral-storage", 49n * Mi, 50n * Mi],
      ["inodes", 49n, 50n],
      ["pids", 50n, 100n],
    ],
  );
});

const memory: Shortage = { what: "memory", resource: "memory", available: 90n * Mi, threshold: 100n * Mi };

test("a pressure is told for five minutes after it was last seen", () => {
  const pressures = new Pressures();
  assert.equal(pressures.at(0).memory, false);
  pressures.see([memory], 1000);
  assert.deepEqual(pressures.at(300_999), { memory: true, disk: false, pid: false });
  assert.equal(pressures.at(301_000).memory, false);
});

function user(name: string, workingSetBytes: bigint, spec: object = {}): PodUsage {
  return podUsageOf(spec, { workingSetBytes, containers: [containerUsage({ workingSetBytes })] }, { name });
}

const asking = (request: string) => ({
  containers: [{ name: "c", image: "i", resources: { requests: { memory: request } } }],
});

test("who uses more than it asked for goes first, then who matters less, then who exceeds the most", () => {
  const pods = [
    user("modest", 10n * Mi, asking("20Mi")),
    user("critical", 90n * Mi, { priority: 2_000_001_000 }),
    user("dear", 80n * Mi, { priority: 5 }),
    user("small", 5n * Mi),
    user("large", 50n * Mi),
  ];
  const order = evictionOrder(pods, memory).map(({ pod }) => pod.metadata.name);
  assert.deepEqual(order, ["large", "small", "dear", "modest"]);
});

test("why it goes is told in kubelet's words", () => {
  const low = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. ";
  const larger = "has larger consumption of memory. ";
  assert.equal(evictionMessage(user("a", 5n * Mi), memory), `${low}Container c was using 5Mi, request is 0, ${larger}`);
  assert.equal(
    evictionMessage(user("a", 5n * Mi, asking("2Mi")), memory),
    `${low}Container c was using 5Mi, request is 2Mi, ${larger}`,
  );
  assert.equal(evictionMessage(user("a", 5n * Mi, asking("5Mi")), memory), low);
});
