import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { withServer } from "./server.fixture.ts";
import { openLmdbStore } from "./storage/lmdb-store.ts";

const maps = "/api/v1/namespaces/default/configmaps";

/** A disk of some MiB for the time of one test; where nobody may mount one, the test is skipped by that name. */
function mountSmallDisk(mebibytes: number): { readonly folder: string; readonly unmount: () => void } | string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-disk-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder]);
  if (status !== 0) {
    rmdirSync(folder);
    return "only root can mount a small disk";
  }
  const unmount = () => {
    spawnSync("umount", [folder]);
    rmdirSync(folder);
  };
  return { folder, unmount };
}

const disk = mountSmallDisk(8);
const skip = typeof disk === "string" ? disk : false;
if (typeof disk !== "string") disk.unmount();

test("a full disk: writes are refused clearly, reads and watches go on; with room again writes are taken", {
  skip,
}, async () => {
  const small = mountSmallDisk(8) as { readonly folder: string; readonly unmount: () => void };
  const data = join(small.folder, "data");
  const ballast = join(small.folder, "ballast");
  try {
    await withServer(
      async ({ call }) => {
        writeFileSync(ballast, Buffer.alloc(1024 * 1024));
        const create = (i: number) =>
          call(maps, { body: { metadata: { name: `a${i}` }, data: { a: "x".repeat(100_000) } } });
        let stored = 0;
        let refused = await create(stored);
        while (refused.code === 201) refused = await create(++stored);
        assert.equal(refused.code, 503);
        assert.equal(refused.body.reason, "ServiceUnavailable");
        assert.equal(refused.body.message, `the write was not stored: ${data}: the disk is full; free some room`);
        assert.equal((await call("/readyz")).code, 500);
        const before = await call(maps);
        assert.equal(before.body.items.length, stored + 1);
        assert.equal((await call(`${maps}/a0`)).code, 200);
        const version = before.body.metadata.resourceVersion;
        const watching = call(`${maps}?watch=true&timeoutSeconds=2&resourceVersion=${version}`);
        rmSync(ballast);
        assert.equal((await create(stored)).code, 201);
        assert.match(String(JSON.stringify((await watching).body)), new RegExp(`"a${stored}"`));
        assert.equal((await call("/readyz")).code, 200);
      },
      { store: openLmdbStore(data) },
    );
    const again = openLmdbStore(data);
    assert.ok((await again.range("/registry/configmaps/default/a")).values.length > 1);
    await again.close();
  } finally {
    small.unmount();
  }
});
