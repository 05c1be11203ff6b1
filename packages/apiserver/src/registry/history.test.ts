import assert from "node:assert/strict";
import { test } from "node:test";
import { type CacheEvent, History } from "./history.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps" };
const secrets = { group: "", version: "v1", resource: "secrets" };

function eventOf(revision: number, resource = configMaps): CacheEvent {
  return { revision, resource, namespace: "a", name: `n${revision}`, object: undefined, previous: undefined };
}

function filled(count: number, bytes: number): History {
  const history = new History(0);
  for (let revision = 1; revision <= count; revision++) history.add(eventOf(revision), bytes);
  return history;
}

test("a reader goes through the events of its resource, wherever it begins", () => {
  const history = new History(4);
  history.add(eventOf(5), 10);
  history.add(eventOf(6, secrets), 10);
  history.add(eventOf(7), 10);
  const begin = history.positionBehind(5);
  assert.deepEqual([history.positionBehind(3), begin, history.positionBehind(9)], [undefined, 1, 3]);
  const step = history.next(begin as number, configMaps);
  assert.deepEqual([step?.event?.revision, step?.position], [7, 3]);
  assert.deepEqual(history.next(3, configMaps), { event: undefined, position: 3 });
  assert.deepEqual(
    [...history.backTo(5)].map(({ revision }) => revision),
    [7, 6],
  );
});

for (const [name, count, bytes, least] of [
  ["many small events", 20_001, 1, 10_000],
  ["large events", 1_000, 1_500_000, 33],
] as const)
  test(`of ${name} the oldest are forgotten, and who stands there is told`, () => {
    const history = filled(count, bytes);
    const kept = [...history.backTo(history.oldest)].length;
    assert.ok(kept >= least && kept < count && kept * bytes <= 96 * 1024 * 1024, `${kept} are kept`);
    assert.equal(history.oldest, count - kept);
    assert.equal(history.position, count);
    assert.equal(history.next(0, configMaps), undefined);
    assert.equal(history.positionBehind(history.oldest - 1), undefined);
    const first = history.positionBehind(history.oldest) as number;
    assert.equal(history.next(first, configMaps)?.event?.revision, history.oldest + 1);
  });
