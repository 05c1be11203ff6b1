import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import type { Snapshot } from "./backup.ts";
import { createMemoryStore } from "./memory-store.ts";
import { fillStore, takeSnapshot } from "./snapshot.ts";
import { type Store, StoreError, type Write } from "./store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** 1,203 keys over three pages, the last of which was written first. */
const snapshot: Snapshot = {
  revision: 1300,
  values: Array.from({ length: 1203 }, (_, i) => ({
    key: `/registry/${i < 3 ? "events" : "pods"}/a/${String(i).padStart(4, "0")}`,
    createRevision: 1203 - i,
    modRevision: 1203 - i,
    value: bytes(String(i)),
  })),
};

const contentOf = ({ values }: Snapshot) => values.map(({ key, value }) => `${key}=${Buffer.from(value).toString()}`);

/** A memory store, and what was written to it, in order. */
function recorded(change: (write: Write) => Write = (write) => write): { store: Store; writes: readonly Write[] } {
  const store = createMemoryStore();
  const writes: Write[] = [];
  const write: Store["write"] = (asked) => {
    writes.push(asked);
    return store.write(change(asked));
  };
  return {
    store: new Proxy(store, { get: (target, name) => (name === "write" ? write : bound(target, name)) }),
    writes,
  };
}

function bound(target: Store, name: string | symbol): unknown {
  const value = Reflect.get(target, name) as unknown;
  return typeof value === "function" ? value.bind(target) : value;
}

test("an empty store is filled in the order of the revisions, and all is read again", async () => {
  const { store, writes } = recorded();
  await fillStore(store, snapshot);
  equal(writes[0]?.key, "/registry/pods/a/1202");
  equal(writes.at(-1)?.key, "/registry/events/a/0000");
  deepEqual(
    new Set(writes.filter(({ ttlSeconds }) => ttlSeconds === 3600).map(({ key }) => key.slice(-1))),
    new Set("012"),
  );
  deepEqual(contentOf(await takeSnapshot(store)), contentOf(snapshot));
});

test("a snapshot is of one revision, though others write between its pages", async () => {
  const { store } = recorded();
  await fillStore(store, snapshot);
  const range: Store["range"] = async (prefix, options) => {
    const page = await store.range(prefix, options);
    await store.write({ key: `/registry/zz/${page.values.length}${options?.after}`, expected: 0, value: bytes("x") });
    return page;
  };
  const taken = await takeSnapshot(
    new Proxy(store, { get: (target, name) => (name === "range" ? range : bound(target, name)) }),
  );
  equal(taken.revision, 1203);
  deepEqual(contentOf(taken), contentOf(snapshot));
});

const isStoreError = (pattern: RegExp) => (error: unknown) =>
  error instanceof StoreError && pattern.test(error.message);

test("a store that holds something is left alone", async () => {
  const { store, writes } = recorded();
  await store.write({ key: "/registry/pods/b", expected: 0, value: bytes("mine") });
  await rejects(fillStore(store, snapshot), isStoreError(/^etcd holds keys already/));
  equal(writes.length, 1);
});

test("a store that does not hold what it acknowledged is found out", async () => {
  const { store } = recorded((write) => (write.key.endsWith("0700") ? { ...write, value: bytes("other") } : write));
  await rejects(fillStore(store, snapshot), isStoreError(/pods\/a\/0700 is not there as it was written/));
});
