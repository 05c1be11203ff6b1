import assert from "node:assert/strict";
import { test } from "node:test";
import { openEtcdStore } from "@sallyport/apiserver";
import { current, findKubeApiserver, startEtcd, startKubeApiserverOn, startSallyport } from "./peers.ts";
import { assertSame, listAll, read, type Written, withoutLimits, write } from "./written.ts";

// A store moves from Sallyport to kube-apiserver and back: both read what the other has written, and answer the same.

const files = findKubeApiserver();
const skip =
  "missing" in files ? files.missing : "url" in files ? `needs a kube-apiserver ${current.version} to start` : false;

for (const mediaType of ["application/json", "application/vnd.kubernetes.protobuf"] as const)
  test(`a store of ${mediaType} moves to kube-apiserver and back`, { skip, timeout: 600_000 }, async () => {
    const { apiserver, etcd: program } = files as { readonly apiserver: string; readonly etcd: string };
    const etcd = await startEtcd(program);
    const faults: unknown[] = [];
    const startOurs = async () =>
      startSallyport((error) => faults.push(error), {
        store: await openEtcdStore({ servers: [etcd.url], tls: {} }),
        storageMediaType: mediaType,
      });
    try {
      const ours = await startOurs();
      const written = await write(ours, "ours").finally(() => ours.close());
      const theirs = await startKubeApiserverOn(apiserver, etcd.url, { "storage-media-type": mediaType });
      let left: Written = new Map();
      const back = await (async () => {
        assertSame(await read(theirs, written.keys()), written);
        await listAll(theirs);
        left = await withoutLimits(theirs, written);
        return write(theirs, "theirs");
      })().finally(() => theirs.close());
      const again = await startOurs();
      await (async () => {
        assertSame(await read(again, back.keys()), back);
        assertSame(await read(again, left.keys()), left);
        await listAll(again);
      })().finally(() => again.close());
      assert.deepEqual(faults, []);
    } finally {
      etcd.close();
    }
  });
