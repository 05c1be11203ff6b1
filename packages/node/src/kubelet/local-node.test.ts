import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "@sallyport/cluster";
import { type LocalNode, NodeKeeper } from "./local-node.ts";
import { ManualClock, settled } from "./pod-world.fixture.ts";

interface Status {
  readonly images: readonly object[];
  readonly conditions: readonly { readonly [field: string]: string }[];
}

/** A keeper, whose node changes as a test says, and the statuses that it wrote. */
function keeping() {
  const now = { memory: false, images: [{ names: ["a"], sizeBytes: 1 }] };
  const node: LocalNode = {
    name: "n",
    addresses: [],
    cpus: 1,
    memoryBytes: 1024,
    diskBytes: 1024,
    podCidr: "10.0.0.0/24",
    kubeletPort: 1,
    nodeInfo: {},
    handlers: () => [],
    annotations: () => ({}),
    pressures: () => ({ memory: now.memory, disk: false, pid: false }),
    images: async () => now.images,
  };
  const written: Status[] = [];
  const ask = async (path: string, { body }: { readonly body: { readonly status: Status } }) => {
    if (path.endsWith("/status")) written.push(body.status);
    return {};
  };
  const clock = new ManualClock();
  return { now, written, clock, keeper: new NodeKeeper({ ask } as unknown as Client, node, clock) };
}

test("a Node is written anew when its images or conditions are others, and each five minutes", async () => {
  const { now, written, clock, keeper } = keeping();
  await keeper.register();
  const stop = new AbortController();
  const kept = keeper.run(stop.signal, assert.ifError);
  await settled();
  await clock.advance(60);
  assert.equal(written.length, 1);
  now.images = [{ names: ["b"], sizeBytes: 2 }, ...now.images];
  await clock.advance(11);
  assert.deepEqual(written.at(-1)?.images, now.images);
  now.memory = true;
  await clock.advance(11);
  assert.equal(written.length, 3);
  await clock.advance(311);
  assert.equal(written.length, 4);
  stop.abort();
  await kept;
});

test("a condition tells when it became what it is", async () => {
  const { now, written, clock, keeper } = keeping();
  await keeper.register();
  now.memory = true;
  await clock.advance(5);
  await keeper.report();
  const [memory, disk] = written.at(-1)?.conditions ?? [];
  assert.deepEqual(memory, {
    type: "MemoryPressure",
    status: "True",
    reason: "KubeletHasInsufficientMemory",
    message: "kubelet has insufficient memory available",
    lastHeartbeatTime: "2026-01-02T03:04:10Z",
    lastTransitionTime: "2026-01-02T03:04:10Z",
  });
  assert.equal(disk?.["lastTransitionTime"], "2026-01-02T03:04:05Z");
});
