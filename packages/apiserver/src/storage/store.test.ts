import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { open } from "lmdb";
import { openLmdbStore } from "./lmdb-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import { RevisionedStore } from "./revisioned-store.ts";
import {
  CompactedError,
  DiskFullError,
  FutureRevisionError,
  type Store,
  type StoredValue,
  StoreError,
  type StoreEvent,
} from "./store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

function withFolder(run: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-store-"));
    try {
      await run(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** The same cases for every driver. */
function testDriver(name: string, openIn: (folder: string) => Store): void {
  test(
    `${name}: writes compare, and revisions count all keys`,
    withFolder(async (folder) => {
      const store = openIn(folder);
      assert.deepEqual(await store.write({ key: "/a", expected: 0, value: bytes("1") }), { ok: true, revision: 1 });
      assert.deepEqual(await store.write({ key: "/b", expected: 0, value: bytes("2") }), { ok: true, revision: 2 });
      const lost = await store.write({ key: "/a", expected: 0, value: bytes("3") });
      assert.ok(!lost.ok && lost.current?.modRevision === 1);
      assert.deepEqual(await store.write({ key: "/a", expected: 1, value: bytes("3") }), { ok: true, revision: 3 });
      const a = await store.get("/a");
      assert.deepEqual([a?.createRevision, a?.modRevision, text(a?.value ?? bytes(""))], [1, 3, "3"]);
      assert.deepEqual(await store.write({ key: "/a", expected: 3, value: undefined }), { ok: true, revision: 4 });
      assert.deepEqual(
        (await store.range("/")).values.map(({ key }) => key),
        ["/b"],
      );
      await store.close();
    }),
  );

  test(
    `${name}: of concurrent writes on one revision one wins`,
    withFolder(async (folder) => {
      const store = openIn(folder);
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.write({ key: "/k", expected: 0, value: bytes(String(i)) })),
      );
      assert.equal(results.filter(({ ok }) => ok).length, 1);
      await store.close();
    }),
  );

  test(
    `${name}: watches replay, then follow`,
    withFolder(async (folder) => {
      const store = openIn(folder);
      await store.write({ key: "/a", expected: 0, value: bytes("1") });
      const seen: string[] = [];
      const stop = store.watch(0, ({ revision, key, value }: StoreEvent) =>
        seen.push(`${revision} ${key} ${value === undefined ? "-" : text(value.value)}`),
      );
      await store.write({ key: "/a", expected: 1, value: bytes("2") });
      await store.write({ key: "/a", expected: 2, value: undefined });
      stop();
      await store.write({ key: "/a", expected: 0, value: bytes("3") });
      assert.deepEqual(seen, ["1 /a 1", "2 /a 2", "3 /a -"]);
      await store.close();
    }),
  );

  test(
    `${name}: ranges come page by page, all of one revision`,
    withFolder(async (folder) => {
      const store = openIn(folder);
      for (const key of ["/a/1", "/a/2", "/a/3", "/b/1"]) await store.write({ key, expected: 0, value: bytes("old") });
      const first = await store.range("/a/", { limit: 2 });
      assert.deepEqual([first.values.map(({ key }) => key), first.revision, first.remaining], [["/a/1", "/a/2"], 4, 1]);
      await store.write({ key: "/a/3", expected: 3, value: bytes("new") });
      await store.write({ key: "/a/4", expected: 0, value: bytes("new") });
      await store.write({ key: "/a/1", expected: 1, value: undefined });
      const second = await store.range("/a/", { limit: 2, after: "/a/2", revision: first.revision });
      assert.deepEqual(
        [second.values.map((each) => [each.key, text(each.value)]), second.remaining],
        [[["/a/3", "old"]], 0],
      );
      assert.equal((await store.range("/a/")).values.map(({ key }) => key).join(), "/a/2,/a/3,/a/4");
      await assert.rejects(store.range("/a/", { revision: 99 }), FutureRevisionError);
      await store.close();
    }),
  );

  test(
    `${name}: what is compacted can be neither watched nor read`,
    withFolder(async (folder) => {
      const store = openIn(folder);
      for (const key of ["/1", "/2", "/3"]) await store.write({ key, expected: 0, value: bytes("") });
      await store.compact(2);
      assert.equal(store.compactedRevision, 2);
      assert.throws(() => store.watch(1, () => {}), CompactedError);
      await assert.rejects(store.range("/", { revision: 1 }), CompactedError);
      await assert.rejects(store.compact(1), CompactedError);
      await assert.rejects(store.compact(9), FutureRevisionError);
      assert.equal((await store.range("/", { revision: 2 })).values.length, 2);
      const seen: number[] = [];
      store.watch(2, ({ revision }) => seen.push(revision));
      assert.deepEqual(seen, [3]);
      await store.close();
    }),
  );

  test(
    `${name}: many concurrent writes share a few commits, and none is lost`,
    withFolder(async (folder) => {
      const store = openIn(folder);
      const results = await Promise.all(
        Array.from({ length: 500 }, (_, i) => store.write({ key: `/k/${i}`, expected: 0, value: bytes(String(i)) })),
      );
      assert.equal(new Set(results.map((each) => each.ok && each.revision)).size, 500);
      assert.equal((await store.range("/k/")).values.length, 500);
      await store.close();
    }),
  );
}

testDriver("memory", () => createMemoryStore());
testDriver("lmdb", openLmdbStore);

test(
  "lmdb: a reopened store goes on where it was",
  withFolder(async (folder) => {
    const first = openLmdbStore(folder);
    assert.ok(Number(await first.size?.()) > 0);
    assert.equal(await createMemoryStore().size?.(), undefined);
    await first.write({ key: "/a", expected: 0, value: bytes("1") });
    await first.write({ key: "/b", expected: 0, value: bytes("2") });
    await first.close();
    const second = openLmdbStore(folder);
    assert.equal(second.revision, 2);
    const seen: number[] = [];
    second.watch(1, ({ revision }) => seen.push(revision));
    await second.write({ key: "/a", expected: 1, value: bytes("3") });
    assert.deepEqual(seen, [2, 3]);
    await second.compact(2);
    await second.close();
    const third = openLmdbStore(folder);
    assert.equal(third.compactedRevision, 2);
    assert.throws(() => third.watch(1, () => {}), CompactedError);
    await third.close();
  }),
);

test(
  "lmdb: a reopened store tells of the same events, with what they wrote and replaced",
  withFolder(async (folder) => {
    const told: StoreEvent[] = [];
    const first = openLmdbStore(folder);
    first.watch(0, (event) => told.push(event));
    const random = createRandom(7);
    for (let i = 0; i < 300; i++) {
      const key = `/k${Math.floor(random() * 9)}`;
      const expected = (await first.get(key))?.modRevision ?? 0;
      const value = random() < 0.3 ? undefined : bytes(`${i}`.repeat(Math.floor(random() * 50)));
      await first.write({ key, expected, value });
    }
    await first.close();
    const plain = ({ revision, key, value, previous }: StoreEvent) => [revision, key, shown(value), shown(previous)];
    for (const from of [0, 150]) {
      const again: StoreEvent[] = [];
      const second = openLmdbStore(folder);
      second.watch(from, (event) => again.push(event));
      assert.deepEqual(again.map(plain), told.filter(({ revision }) => revision > from).map(plain));
      if (from === 0) await second.compact(150);
      await second.close();
    }
  }),
);

const shown = (value: StoredValue | undefined) =>
  value && [value.key, value.createRevision, value.modRevision, text(value.value)];

/** Numbers from 0 to 1, the same ones for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test(
  "lmdb: in use, damaged, newer: one clear line each",
  withFolder(async (folder) => {
    const fault = (pattern: RegExp) => (error: unknown) =>
      error instanceof StoreError && pattern.test(error.message) && !error.message.includes("\n");
    const store = openLmdbStore(folder);
    await store.close();
    writeFileSync(join(folder, "lock"), "1");
    assert.throws(() => openLmdbStore(folder), fault(/in use by process 1/));
    if (process.platform === "linux") {
      // Process 1 is older than this: another one had its number before a reboot.
      writeFileSync(join(folder, "lock"), "1 99999999999");
      await openLmdbStore(folder).close();
    } else rmSync(join(folder, "lock"));
    writeFileSync(join(folder, "data.mdb"), "garbage");
    assert.throws(() => openLmdbStore(folder), fault(/damaged/));
  }),
);

test(
  "lmdb: a folder of a newer version is refused",
  withFolder(async (folder) => {
    const store = openLmdbStore(folder);
    await store.write({ key: "/a", expected: 0, value: bytes("1") });
    await store.close();
    const database = open<Buffer, string>({ path: folder, encoding: "binary" });
    await database.put("m/format", Buffer.from("99"));
    await database.close();
    assert.throws(
      () => openLmdbStore(folder),
      (error: unknown) =>
        error instanceof StoreError &&
        /written by a newer version \(format 99, this program knows 3\)/.test(error.message),
    );
  }),
);

test(
  "lmdb: a folder of format 1 keeps its objects and forgets its events",
  withFolder(async (folder) => {
    const store = openLmdbStore(folder);
    await store.write({ key: "/a", expected: 0, value: bytes("1") });
    await store.close();
    const database = open<Buffer, string>({ path: folder, encoding: "binary" });
    await database.put("m/format", Buffer.from("1"));
    await database.put("e/0000000000000001", Buffer.from('{"key":"/a"}'));
    await database.close();
    const again = openLmdbStore(folder);
    assert.deepEqual([again.revision, again.compactedRevision], [1, 1]);
    assert.equal((await again.get("/a"))?.modRevision, 1);
    await again.close();
  }),
);

test("a batch for which there is no room is refused with all that waits, and the next one goes on from what is durable", async () => {
  let hasRoom = false;
  const batches: (readonly number[])[] = [];
  const store = new RevisionedStore({
    load: () => ({ revision: 5, values: [], events: [] }),
    append: async (events) => {
      if (!hasRoom) throw new DiskFullError("the disk is full");
      batches.push(events.map(({ revision }) => revision));
    },
    forget: async () => {},
    close: async () => {},
  });
  const told: number[] = [];
  store.watch(5, ({ revision }) => told.push(revision));
  const both = await Promise.allSettled(
    ["/a", "/b"].map((key) => store.write({ key, expected: 0, value: bytes("1") })),
  );
  assert.deepEqual(
    both.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  assert.deepEqual([store.health().fault, store.revision], ["the disk is full", 5]);
  hasRoom = true;
  assert.deepEqual(await store.write({ key: "/a", expected: 0, value: bytes("1") }), { ok: true, revision: 6 });
  assert.deepEqual([store.health().fault, batches, told], [undefined, [[6]], [6]]);
});

test("a batch that may be on disk or not is the last one", async () => {
  const store = new RevisionedStore({
    load: () => ({ revision: 0, values: [], events: [] }),
    append: () => Promise.reject(new StoreError("the disk failed")),
    forget: async () => {},
    close: async () => {},
  });
  for (const key of ["/a", "/b"])
    await assert.rejects(store.write({ key, expected: 0, value: bytes("1") }), /the disk failed/);
  assert.equal(store.health().fault, "the disk failed");
});

test("who loses to a write that is not durable yet is told when watchers are, also of one after another", async () => {
  const appends: (() => void)[] = [];
  const store = new RevisionedStore({
    load: () => ({ revision: 0, values: [], events: [] }),
    append: () => new Promise((done) => appends.push(done)),
    forget: async () => {},
    close: async () => {},
  });
  const told: string[] = [];
  store.watch(0, ({ revision }) => told.push(`event ${revision}`));
  const write = async (expected: number, value: Uint8Array | undefined) => {
    const result = await store.write({ key: "/a", expected, value });
    told.push(result.ok ? `wrote ${result.revision}` : `lost to ${result.current?.modRevision ?? "nothing"}`);
  };
  const all = [
    write(0, bytes("1")),
    write(0, bytes("2")),
    write(1, undefined),
    write(0, bytes("3")),
    write(1, bytes("4")),
  ];
  await new Promise(setImmediate);
  assert.deepEqual(told, []);
  appends.shift()?.();
  await new Promise(setImmediate);
  assert.deepEqual(told, ["event 1", "wrote 1", "lost to 3"]);
  appends.shift()?.();
  await Promise.all(all);
  assert.deepEqual(told.slice(3), ["event 2", "event 3", "wrote 2", "wrote 3", "lost to 3"]);
});

test("events that are gone are said to be", async () => {
  const store = createMemoryStore();
  for (let i = 0; i < 20_010; i++) await store.write({ key: `/k${i}`, expected: 0, value: bytes("") });
  assert.throws(() => store.watch(5, () => {}), CompactedError);
  await store.close();
});
