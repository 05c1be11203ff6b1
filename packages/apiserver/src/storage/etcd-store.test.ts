import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadCertificates } from "../http/certificates.ts";
import { EtcdClient } from "./etcd/client.ts";
import { EtcdCompactor } from "./etcd/compactor.ts";
import { type EtcdMember, etcdTlsFlags, noEtcd, withEtcd, withEtcdMembers } from "./etcd.fixture.ts";
import { openEtcdStore } from "./etcd-store.ts";
import { CompactedError, FutureRevisionError, type Store, StoreError, type StoreEvent } from "./store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const options = { skip: noEtcd, timeout: 120_000 };

/** `KEY:REVISION`, with `-` before a deletion. */
const textOf = ({ key, value, revision }: StoreEvent) => `${value === undefined ? "-" : ""}${key}:${revision}`;

async function written(store: Store, key: string, value: string | undefined): Promise<number> {
  const expected = (await store.get(key))?.modRevision ?? 0;
  const result = await store.write({ key, expected, value: value === undefined ? undefined : bytes(value) });
  assert.ok(result.ok);
  return result.revision;
}

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isDone())) {
    assert.ok(performance.now() < deadline, "waited 30 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("etcd: writes compare, are told before they are answered, and pages are of one revision", options, () =>
  withEtcd(async ({ url }) => {
    const store = await openEtcdStore({ servers: [url], tls: {} });
    const told: string[] = [];
    store.watch(store.compactedRevision, (event) => told.push(textOf(event)));
    const first = await written(store, "/registry/k/a", "1");
    assert.deepEqual(told, [`/registry/k/a:${first}`]);
    const lost = await store.write({ key: "/registry/k/a", expected: 0, value: bytes("2") });
    assert.ok(!lost.ok && lost.current?.modRevision === first);
    const gone = await store.write({ key: "/registry/k/none", expected: 7, value: undefined });
    assert.deepEqual(gone, { ok: false, current: undefined });
    for (const name of ["b", "c", "d"]) await written(store, `/registry/k/${name}`, name);
    const page = await store.range("/registry/k/", { limit: 2 });
    await written(store, "/registry/k/c", undefined);
    const rest = await store.range("/registry/k/", { after: "/registry/k/b", revision: page.revision });
    assert.deepEqual(
      [...page.values, ...rest.values].map(({ key }) => key.slice(-1)),
      ["a", "b", "c", "d"],
    );
    assert.deepEqual([page.remaining, rest.remaining], [2, 0]);
    await assert.rejects(store.range("/registry/k/", { revision: page.revision + 100 }), FutureRevisionError);
    await store.compact(page.revision + 1);
    await assert.rejects(store.range("/registry/k/", { revision: page.revision }), CompactedError);
    assert.throws(() => store.watch(page.revision, () => {}), CompactedError);
    await store.close();
  }),
);

test("etcd: more keys than a page holds, and answers larger than 4 MiB", options, () =>
  withEtcd(async ({ url }) => {
    const store = await openEtcdStore({ servers: [url], tls: {}, prefix: "/other" });
    const value = new Uint8Array(20_000).fill(97);
    const keys = Array.from({ length: 1201 }, (_, i) => `/registry/k/${String(i).padStart(4, "0")}`);
    await Promise.all(keys.map((key) => store.write({ key, expected: 0, value })));
    const { values, remaining } = await store.range("/registry/k/");
    assert.deepEqual(
      values.map(({ key }) => key),
      keys,
    );
    assert.equal(remaining, 0);
    await store.close();
  }),
);

test("etcd: what one server has acknowledged, another has been told when it has waited for it", options, () =>
  withEtcd(async ({ url }) => {
    const [one, other] = [
      await openEtcdStore({ servers: [url], tls: {} }),
      await openEtcdStore({ servers: [url], tls: {} }),
    ];
    let told = 0;
    other.watch(other.compactedRevision, ({ revision }) => {
      told = revision;
    });
    for (let i = 0; i < 50; i++) {
      const revision = await written(one, "/registry/k", String(i));
      await other.sync();
      assert.ok(told >= revision, `told ${told}, written ${revision}`);
    }
    // Both race for each revision; each of them sees what it lost to before it is answered.
    const race = async (store: Store) => {
      for (let won = 0; won < 50; ) {
        const expected = (await store.get("/registry/counter"))?.modRevision ?? 0;
        const current = Number(Buffer.from((await store.get("/registry/counter"))?.value ?? bytes("0")).toString());
        if ((await store.write({ key: "/registry/counter", expected, value: bytes(String(current + 1)) })).ok) won++;
      }
    };
    await Promise.all([race(one), race(other)]);
    assert.equal(Buffer.from((await one.get("/registry/counter"))?.value ?? []).toString(), "100");
    await one.close();
    await other.close();
  }),
);

test("etcd: away, writes are refused and reads do not hang; back, the watch goes on where it was", options, () =>
  withEtcd(async ({ url, kill, start }) => {
    const [store, other] = [
      await openEtcdStore({ servers: ["http://127.0.0.1:1", url], tls: {} }),
      await openEtcdStore({ servers: [url], tls: {} }),
    ];
    const told: string[] = [];
    store.watch(store.compactedRevision, (event) => told.push(textOf(event)));
    const before = await written(store, "/registry/a", "1");
    assert.ok(Number(await store.size?.()) > 0);
    await kill();
    await until(() => store.health().fault !== undefined);
    assert.equal(await store.size?.(), undefined);
    assert.equal(store.health().name, "etcd");
    await assert.rejects(store.write({ key: "/registry/b", expected: 0, value: bytes("1") }), StoreError);
    await store.sync();
    await start();
    await until(() => other.health().fault === undefined);
    const after = await written(other, "/registry/b", "2");
    await until(() => store.health().fault === undefined);
    await store.sync();
    assert.deepEqual(told, [`/registry/a:${before}`, `/registry/b:${after}`]);
    await store.close();
    await other.close();
  }),
);

test("etcd: a member without a leader is known to be, and one that hangs is left for another", options, () =>
  withEtcdMembers(async (members) => {
    const [a, b, c] = members as [EtcdMember, EtcdMember, EtcdMember];
    const store = await openEtcdStore({ servers: members.map(({ url }) => url), tls: {} });
    const told: string[] = [];
    store.watch(store.compactedRevision, (event) => told.push(textOf(event)));
    await until(() => store.health().fault === undefined);
    const first = await written(store, "/registry/a", "1");
    for (const member of [b, c]) member.stop();
    await until(() => /no leader|no answer/.test(store.health().fault ?? ""));
    await assert.rejects(store.write({ key: "/registry/b", expected: 0, value: bytes("1") }), StoreError);
    for (const member of [b, c]) member.go();
    await until(() => store.health().fault === undefined);
    const second = await written(store, "/registry/b", "1");
    a.stop();
    const isWritten = () =>
      written(store, "/registry/c", "1")
        .then(() => true)
        .catch(() => false);
    await until(isWritten);
    await store.sync();
    assert.deepEqual(told.slice(0, 2), [`/registry/a:${first}`, `/registry/b:${second}`]);
    assert.ok(told.at(-1)?.startsWith("/registry/c:"));
    await store.close();
  }),
);

test("etcd: history that was compacted while a server was away is made up for", options, () =>
  withEtcd(async ({ url, kill, start }) => {
    const store = await openEtcdStore({ servers: [url], tls: {} });
    const state = new Map<string, string>();
    for (const key of ["/registry/kept", "/registry/changed", "/registry/gone"]) await written(store, key, "1");
    store.watch(store.compactedRevision, ({ key, value }) =>
      value === undefined ? state.delete(key) : state.set(key, Buffer.from(value.value).toString()),
    );
    await kill();
    await until(() => store.health().fault !== undefined);
    await start();
    // A client of its own is sooner than the store's watch, which waits a while before it tries again.
    const client = new EtcdClient({ servers: [url], tls: {} });
    const put = (key: string, is: number, value: string | undefined) =>
      client.txn({
        compare: { key, target: "mod", is },
        put: value === undefined ? undefined : { value: bytes(value), lease: 0n },
      });
    const revisionOf = async (key: string) => (await client.range({ key })).values[0]?.modRevision ?? 0;
    await until(() =>
      revisionOf("/registry/kept").then(
        () => true,
        () => false,
      ),
    );
    await put("/registry/changed", await revisionOf("/registry/changed"), "2");
    await put("/registry/gone", await revisionOf("/registry/gone"), undefined);
    const { revision } = await put("/registry/new", 0, "3");
    await client.compact(revision);
    await until(() => store.health().fault === undefined);
    await until(() => state.size === 3 && state.get("/registry/new") === "3");
    assert.deepEqual(Object.fromEntries(state), {
      "/registry/kept": "1",
      "/registry/changed": "2",
      "/registry/new": "3",
    });
    await client.close();
    await store.close();
  }),
);

test("etcd: keys with a time to live go by themselves", options, () =>
  withEtcd(async ({ url }) => {
    const store = await openEtcdStore({ servers: [url], tls: {} });
    const told: string[] = [];
    store.watch(store.compactedRevision, ({ key, value }) => told.push(`${value === undefined ? "-" : ""}${key}`));
    for (const key of ["/registry/events/a", "/registry/events/b"])
      await store.write({ key, expected: 0, value: bytes("1"), ttlSeconds: 1 });
    await until(() => told.length === 4);
    assert.deepEqual(told.toSorted(), [
      "-/registry/events/a",
      "-/registry/events/b",
      "/registry/events/a",
      "/registry/events/b",
    ]);
    await store.close();
  }),
);

test("etcd: of several servers one compacts, up to what was newest a round ago", options, () =>
  withEtcd(async ({ url }) => {
    const store = await openEtcdStore({ servers: [url], tls: {} });
    const client = new EtcdClient({ servers: [url], tls: {} });
    const [one, other] = [new EtcdCompactor(client, 3_600_000), new EtcdCompactor(client, 3_600_000)];
    const first = await written(store, "/registry/a", "1");
    await one.round();
    await other.round();
    await written(store, "/registry/a", "2");
    assert.equal((await store.range("/registry/", { revision: first })).values.length, 1);
    await one.round();
    await other.round();
    await assert.rejects(store.range("/registry/", { revision: first }), CompactedError);
    const version = (await client.range({ key: "compact_rev_key" })).values[0]?.version;
    assert.equal(version, 2);
    one.stop();
    other.stop();
    await client.close();
    await store.close();
  }),
);

test("etcd: over TLS with client certificates; without them one clear line", options, () =>
  withEtcd(async ({ url, folder }) => {
    const { ca, admin } = await loadCertificates(join(folder, "pki"), "127.0.0.1");
    const tls = { ca: ca.certificate, cert: admin.certificate, key: admin.key };
    const store = await openEtcdStore({ servers: [url], tls });
    await written(store, "/registry/a", "1");
    await store.close();
    await assert.rejects(
      openEtcdStore({ servers: [url], tls: {} }, 500),
      (error: unknown) =>
        error instanceof StoreError && /^etcd cannot be reached \([^\n]*\); start it/.test(error.message),
    );
  }, etcdTlsFlags),
);
