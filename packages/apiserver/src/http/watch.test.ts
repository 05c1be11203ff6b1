import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";
import { mock, test } from "node:test";
import { findResource, type ResourceInfo } from "@sallyport/kube";
import { Cache } from "../registry/cache.ts";
import { createMemoryStore } from "../storage/memory-store.ts";
import type { Store } from "../storage/store.ts";
import { negotiate } from "./negotiate.ts";
import { watchObjects } from "./watch.ts";

/** A client that reads only what it is let to. */
class SlowClient extends Writable {
  readonly #lines: string[] = [];
  #reads: boolean;
  #held: (() => void) | undefined;

  constructor(reads: boolean) {
    super({ highWaterMark: 16 * 1024 });
    this.#reads = reads;
  }

  writeHead(): void {}

  flushHeaders(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#lines.push(chunk.toString());
    if (this.#reads) setImmediate(done);
    else this.#held = done;
  }

  read(): void {
    this.#reads = true;
    this.#held?.();
  }

  /** `TYPE NAME` of each event. */
  get events(): readonly string[] {
    return this.#lines.map((line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: { metadata: { name?: string } } };
      return `${type} ${object.metadata.name ?? ""}`;
    });
  }
}

async function put(store: Store, name: string, size: number): Promise<void> {
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "d" },
    data: { a: "x".repeat(size) },
  };
  const value = Buffer.from(JSON.stringify(object));
  const key = `/registry/configmaps/d/${name}`;
  await store.write({ key, expected: (await store.get(key))?.modRevision ?? 0, value });
}

async function watch(cache: Cache, client: SlowClient, query: string): Promise<void> {
  const info = findResource("", "v1", "configmaps") as ResourceInfo;
  const context = {
    cache,
    info,
    namespace: "",
    query: new URLSearchParams(query),
    wanted: negotiate("application/json"),
    now: Date.now,
    prepare: async () => {},
  };
  await watchObjects(context, client as unknown as ServerResponse);
}

async function until(isDone: () => boolean): Promise<void> {
  for (let turns = 0; !isDone(); turns++) {
    assert.ok(turns < 100_000, "it never came");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `m${String(i).padStart(3, "0")}`);

test("what a slow watcher has not read waits in the history; it misses nothing and sees nothing twice", async () => {
  const store = createMemoryStore();
  const cache = await Cache.over(store);
  const client = new SlowClient(false);
  await watch(cache, client, "resourceVersion=0");
  for (const name of names(100)) await put(store, name, 50_000);
  assert.ok(client.writableLength < 1_200_000, `${client.writableLength} bytes wait`);
  client.read();
  await until(() => client.events.length === 100);
  await put(store, "m000", 1);
  await until(() => client.events.length === 101);
  assert.deepEqual(client.events, [...names(100).map((name) => `ADDED ${name}`), "MODIFIED m000"]);
});

test("a beginning larger than what may be unread comes whole, then its bookmark, then what happened meanwhile", async () => {
  const store = createMemoryStore();
  const cache = await Cache.over(store);
  for (const name of names(100)) await put(store, name, 50_000);
  const client = new SlowClient(false);
  await watch(cache, client, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  await put(store, "m000", 1);
  client.read();
  await until(() => client.events.length === 102);
  assert.deepEqual(client.events, [...names(100).map((name) => `ADDED ${name}`), "BOOKMARK ", "MODIFIED m000"]);
  assert.ok(!client.destroyed);
});

test("a watcher is cut when what it has not read is forgotten", async () => {
  const store = createMemoryStore();
  const cache = await Cache.over(store);
  const client = new SlowClient(false);
  await watch(cache, client, "resourceVersion=0");
  await put(store, "large", 2_000_000);
  for (let i = 0; i < 20_001; i++) await put(store, "small", 1);
  client.read();
  await until(() => client.destroyed);
});

test("a watcher that reads nothing for a minute is cut", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const store = createMemoryStore();
    const cache = await Cache.over(store);
    const client = new SlowClient(false);
    await watch(cache, client, "resourceVersion=0");
    await put(store, "large", 2_000_000);
    mock.timers.tick(59_000);
    assert.ok(!client.destroyed);
    mock.timers.tick(2_000);
    assert.ok(client.destroyed);
  } finally {
    mock.timers.reset();
  }
});
