import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openLmdbStore } from "@sallyport/apiserver";
import { type Etcd, etcdTlsFlags, withEtcd } from "../../packages/apiserver/src/storage/etcd.fixture.ts";
import { current, findKubeApiserver, type Peer, startKubeApiserverOn, startSallyport } from "./peers.ts";
import { assertSame, listAll, read, type Written, withoutLimits, write } from "./written.ts";

// A store of the folder kind goes by backup into an etcd with TLS, where kube-apiserver reads it, and from there into a folder again.

const files = findKubeApiserver();
const skip =
  "missing" in files ? files.missing : "url" in files ? `needs a kube-apiserver ${current.version} to start` : false;

const program = fileURLToPath(new URL("../../packages/cli/bin/sallyport.js", import.meta.url));

function sallyport(...words: readonly string[]): { readonly status: number | null; readonly err: string } {
  const { status, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: "utf8" });
  return { status, err: stderr };
}

const done = { status: 0, err: "" };

/** Each store has revisions of its own. */
function withoutVersions(written: Written): Written {
  const stripped = (body: Written extends ReadonlyMap<string, infer T> ? T : never) => {
    const { resourceVersion: _, ...metadata } = body["metadata"] as { readonly [field: string]: unknown };
    return { ...body, metadata };
  };
  return new Map([...written].map(([path, body]) => [path, stripped(body)]));
}

async function served<T>(peer: Peer, use: (peer: Peer) => Promise<T>): Promise<T> {
  return use(peer).finally(() => peer.close());
}

async function moves({ url, folder }: Etcd): Promise<void> {
  const { apiserver } = files as { readonly apiserver: string };
  const file = (name: string) => join(folder, "pki", name);
  const tls = {
    "etcd-servers": url,
    "etcd-cafile": file("ca.crt"),
    "etcd-certfile": file("admin.crt"),
    "etcd-keyfile": file("admin.key"),
  };
  const flags = Object.entries(tls).flatMap(([name, value]) => [`--${name}`, value]);
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  const [monday, tuesday] = [join(folder, "monday"), join(folder, "tuesday")];
  const faults: unknown[] = [];
  const ours = (data: string) =>
    startSallyport((error) => faults.push(error), { store: openLmdbStore(join(data, "store")) });
  const written = await served(await ours(first), async (peer) => {
    const all = await write(peer, "ours");
    assert.deepEqual(sallyport("backup", monday, "--data", first), done);
    return all;
  });
  assert.deepEqual(sallyport("restore", monday, ...flags), done);
  const again = sallyport("restore", monday, ...flags);
  assert.equal(again.status, 3);
  assert.match(again.err, /^sallyport: etcd holds keys already; restore into an empty one[^\n]*\n$/);
  const changed = await served(await startKubeApiserverOn(apiserver, url, tls), async (peer) => {
    const found = await read(peer, written.keys());
    assertSame(withoutVersions(found), withoutVersions(written));
    await listAll(peer);
    await withoutLimits(peer, written);
    return write(peer, "theirs");
  });
  assert.deepEqual(sallyport("backup", tuesday, ...flags), done);
  assert.deepEqual(sallyport("restore", tuesday, "--data", second), done);
  await served(await ours(second), async (peer) => {
    assertSame(await read(peer, changed.keys()), changed);
    await listAll(peer);
  });
  assert.deepEqual(faults, []);
}

test("a folder's backup goes into an etcd with TLS, to kube-apiserver, and back", { skip, timeout: 300_000 }, () =>
  withEtcd(moves, etcdTlsFlags),
);
