import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../storage/memory-store.ts";
import type { Store } from "../storage/store.ts";
import { Cache } from "./cache.ts";
import type { CacheEvent } from "./history.ts";

const configMaps = { group: "", resource: "configmaps" };

async function write(store: Store, name: string, data: string | undefined): Promise<void> {
  const key = `/registry/configmaps/default/${name}`;
  const expected = (await store.get(key))?.modRevision ?? 0;
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data: { k: data } };
  await store.write({
    key,
    expected,
    value: data === undefined ? undefined : new TextEncoder().encode(JSON.stringify(object)),
  });
}

function textOf({ revision, object, previous }: CacheEvent): string {
  const data = (each: CacheEvent["object"]) => (each?.["data"] as { readonly k: string } | undefined)?.k ?? "-";
  return `${revision} ${data(previous)}>${data(object)}`;
}

test("a cache over a store with a past resumes watches and lists from before", async () => {
  const store = createMemoryStore();
  await write(store, "a", "1");
  await write(store, "a", "2");
  await write(store, "b", "1");
  await write(store, "a", undefined);
  const cache = await Cache.over(store);
  const seen: string[] = [];
  let position = cache.positionBehind(1) as number;
  const readOn = () => {
    for (;;) {
      const step = cache.next(position, configMaps);
      position = step?.position ?? position;
      if (step?.event === undefined) return;
      seen.push(textOf(step.event));
    }
  };
  readOn();
  assert.deepEqual(seen, ["2 1>2", "3 ->1", "4 2>-"]);
  await write(store, "b", "2");
  readOn();
  assert.deepEqual(seen.slice(3), ["5 1>2"]);
  assert.equal(position, cache.position);
  const names = (revision: number) =>
    cache.listAt(revision, "", "configmaps", "default")?.map((each) => each.metadata.name);
  assert.deepEqual([names(1), names(3), names(5)], [["a"], ["a", "b"], ["b"]]);
});

test("what the store has compacted is forgotten by a new cache", async () => {
  const store = createMemoryStore();
  for (const data of ["1", "2", "3"]) await write(store, "a", data);
  await store.compact(2);
  const cache = await Cache.over(store);
  assert.equal(cache.positionBehind(1), undefined);
  assert.equal(cache.listAt(1, "", "configmaps"), undefined);
  assert.equal(cache.positionBehind(2), 0);
});

test("what was pushed out by newer events cannot be read on", async () => {
  const store = createMemoryStore();
  await write(store, "a", "1");
  const cache = await Cache.over(store);
  const behind = cache.position;
  for (let i = 0; i < 20_001; i++) await write(store, "b", String(i));
  assert.equal(cache.next(behind, configMaps), undefined);
  assert.equal(cache.next(cache.position - 1, configMaps)?.event?.name, "b");
});
