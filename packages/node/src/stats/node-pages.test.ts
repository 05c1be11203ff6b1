import assert from "node:assert/strict";
import { test } from "node:test";
import { nodePages } from "./node-pages.ts";
import { containerUsage, disk, Mi, machineOf, podUsageOf } from "./stats.fixture.ts";

const usage = podUsageOf(
  {},
  {
    cpuNanoseconds: 3_000_000_000n,
    memoryBytes: 9n * Mi,
    workingSetBytes: 8n * Mi,
    containers: [
      containerUsage({
        cpuNanoseconds: 2_000_000_000n,
        memoryBytes: 7n * Mi,
        workingSetBytes: 6n * Mi,
        rootfs: disk(4096n, 2),
      }),
    ],
    volumes: [{ name: "v", folder: "/v", isInMemory: false, ...disk(8192n, 3) }],
    ephemeral: disk(12_288n, 5),
  },
  { uid: "u1" },
);
let now = Date.parse("2026-01-02T03:05:00Z");
const pages = nodePages({
  node: "n",
  bootedAt: Date.parse("2026-01-01T00:00:00Z"),
  now: () => now,
  pods: () => [
    { pod: usage.pod, places: { pod: usage.pod, cgroup: "", volumes: [], files: [], containers: [] } },
    { pod: usage.pod, places: undefined },
  ],
  usage: async () => usage,
  resources: async () => machineOf(),
});

test("/stats/summary, as kubelets answer it", async () => {
  const { type, text } = (await pages("/stats/summary")) ?? { type: "", text: "" };
  assert.equal(type, "application/json");
  const { node, pods } = JSON.parse(text);
  assert.deepEqual([node.nodeName, node.cpu.usageCoreNanoSeconds, node.cpu.usageNanoCores], ["n", 5e9, undefined]);
  assert.equal(node.fs.availableBytes, Number(500n * Mi));
  assert.equal(pods.length, 1);
  const [pod] = pods;
  assert.deepEqual(pod.podRef, { name: "web", namespace: "a", uid: "u1" });
  assert.deepEqual([pod.memory.workingSetBytes, pod["ephemeral-storage"].usedBytes], [Number(8n * Mi), 12_288]);
  assert.deepEqual(
    pod.containers.map(({ name, startTime, memory, rootfs }: Record<string, never>) => [
      name,
      startTime,
      memory,
      rootfs,
    ]),
    [
      [
        "c",
        "2026-01-02T03:04:05Z",
        { time: "2026-01-02T03:05:00Z", usageBytes: Number(7n * Mi), workingSetBytes: Number(6n * Mi) },
        {
          time: "2026-01-02T03:05:00Z",
          availableBytes: Number(500n * Mi),
          capacityBytes: Number(1000n * Mi),
          usedBytes: 4096,
          inodesFree: 500,
          inodes: 1000,
          inodesUsed: 2,
        },
      ],
    ],
  );
  assert.deepEqual(
    pod.volume.map(({ name, usedBytes }: Record<string, never>) => [name, usedBytes]),
    [["v", 8192]],
  );
  now += 5000;
  const again = JSON.parse((await pages("/stats/summary"))?.text ?? "");
  assert.equal(again.node.cpu.usageNanoCores, 0);
});

test("/metrics/resource, by kubelet's names", async () => {
  const { text } = (await pages("/metrics/resource")) ?? { text: "" };
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  assert.deepEqual(lines, [
    'container_cpu_usage_seconds_total{container="c",pod="web",namespace="a"} 2',
    `container_memory_working_set_bytes{container="c",pod="web",namespace="a"} ${6n * Mi}`,
    'container_start_time_seconds{container="c",pod="web",namespace="a"} 1767323045',
    "node_cpu_usage_seconds_total 5",
    `node_memory_working_set_bytes ${500n * Mi}`,
    'pod_cpu_usage_seconds_total{pod="web",namespace="a"} 3',
    `pod_memory_working_set_bytes{pod="web",namespace="a"} ${8n * Mi}`,
    "resource_scrape_error 0",
  ]);
  assert.match(text, /# TYPE container_start_time_seconds gauge/);
});

test("/pods, and nothing else", async () => {
  const { items } = JSON.parse((await pages("/pods"))?.text ?? "");
  assert.equal(items.length, 2);
  for (const path of ["/nothing", "/toString", ""]) assert.equal(await pages(path), undefined);
});
