import assert from "node:assert/strict";
import { test } from "node:test";
import { rateLimited, rememberingStore, storeRate } from "./rate-limited-store.ts";
import type { SecretStore } from "./secret-store.ts";

function counted(): SecretStore & { asked: number } {
  return {
    asked: 0,
    async read() {
      this.asked++;
      return undefined;
    },
    list: async () => [],
    close: () => {},
  };
}

test("a burst passes, and what is more waits for its turn", async () => {
  let now = 1_000_000;
  const waited: number[] = [];
  const store = rateLimited(counted(), { now: () => now, sleep: async (ms) => void waited.push(ms) });
  for (let i = 0; i < storeRate.burst; i++) await store.read("a", undefined);
  assert.deepEqual(waited, []);
  await store.read("a", undefined);
  await store.list("");
  const each = 1000 / storeRate.callsPerSecond;
  assert.deepEqual(waited, [each, 2 * each]);
  now += 3_600_000;
  for (let i = 0; i < storeRate.burst; i++) await store.read("a", undefined);
  assert.equal(waited.length, 2);
});

test("a secret is asked for once in one look, each version of it", async () => {
  const inner = counted();
  const store = rememberingStore(inner);
  await Promise.all([
    store.read("a", undefined),
    store.read("a", undefined),
    store.read("a", "1"),
    store.read("b", undefined),
  ]);
  assert.equal(inner.asked, 3);
});
