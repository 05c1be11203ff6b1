import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptEvents } from "./kept-events.ts";
import { createMemoryStore } from "./memory-store.ts";
import { CompactedError, type StoreEvent } from "./store.ts";

function eventOf(revision: number, bytes: number): StoreEvent {
  const key = `n${revision}`;
  const value = { key, value: new Uint8Array(bytes), createRevision: revision, modRevision: revision };
  return { revision, key, value, previous: undefined };
}

for (const [name, count, bytes, least] of [
  ["many small events", 20_001, 1, 10_000],
  ["large events", 1_000, 1_500_000, 33],
] as const)
  test(`of ${name} the oldest are forgotten`, () => {
    const events = new KeptEvents(4);
    for (let revision = 5; revision < 5 + count; revision++) events.add(eventOf(revision, bytes));
    const kept = events.behind(events.compacted);
    assert.ok(kept.length >= least && kept.length < count && kept.length * bytes <= 96 * 1024 * 1024);
    assert.equal(events.compacted, 4 + count - kept.length);
    assert.deepEqual([kept[0]?.revision, kept.at(-1)?.revision], [events.compacted + 1, 4 + count]);
  });

test("events of one revision are forgotten together", () => {
  const events = new KeptEvents(0);
  for (let i = 0; i < 66; i++) events.add(eventOf(1 + Math.floor(i / 3), 1_500_000));
  events.add(eventOf(23, 3_000_000));
  assert.equal(events.behind(events.compacted).filter(({ revision }) => revision === events.compacted + 1).length, 3);
});

test("a store whose values are large keeps fewer events, and tells who stands there", async () => {
  const store = createMemoryStore();
  const value = new Uint8Array(8_000_000);
  for (let i = 0; i < 20; i++) await store.write({ key: `/n${i}`, expected: 0, value });
  assert.ok(store.compactedRevision > 0 && store.compactedRevision < 20);
  assert.throws(() => store.watch(store.compactedRevision - 1, () => {}), CompactedError);
  const told: number[] = [];
  store.watch(store.compactedRevision, ({ revision }) => told.push(revision));
  assert.deepEqual([told[0], told.at(-1)], [store.compactedRevision + 1, 20]);
  await store.close();
});
