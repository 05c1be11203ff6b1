import assert from "node:assert/strict";
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { cgroupUsage } from "./cgroup-usage.ts";
import { diskSpace, diskUsage, noDisk } from "./disk-usage.ts";
import { nodeResources } from "./node-resources.ts";
import { Rates } from "./rates.ts";

function folderWith(t: TestContext, files: { readonly [path: string]: string | Buffer }): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-usage-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test("cgroups of version 2: microseconds, and memory without what can be forgotten", async (t) => {
  const root = folderWith(t, {
    "pod/cpu.stat": "usage_usec 1500\nuser_usec 1000\n",
    "pod/memory.current": "5000\n",
    "pod/memory.stat": "anon 3000\nfile 2000\ninactive_file 1200\n",
  });
  assert.deepEqual(await cgroupUsage("/pod", "v2", root), {
    cpuNanoseconds: 1_500_000n,
    memoryBytes: 5000n,
    workingSetBytes: 3800n,
    rssBytes: 3000n,
  });
});

test("cgroups of version 1, with those below", async (t) => {
  const root = folderWith(t, {
    "cpuacct/pod/cpuacct.usage": "77\n",
    "memory/pod/memory.usage_in_bytes": "100\n",
    "memory/pod/memory.stat": "inactive_file 1\ntotal_rss 50\ntotal_inactive_file 130\n",
  });
  const expected = { cpuNanoseconds: 77n, memoryBytes: 100n, workingSetBytes: 0n, rssBytes: 50n };
  assert.deepEqual(await cgroupUsage("/pod", "hybrid", root), expected);
  assert.deepEqual(await cgroupUsage("/gone", "v1", root), {});
});

test("what lies in a folder is counted once, and what links lead to is not", async (t) => {
  const folder = folderWith(t, { "a/big": Buffer.alloc(64 * 1024, 1) });
  const before = await diskUsage(folder);
  assert.ok(before.bytes >= 64n * 1024n && before.bytes < 96n * 1024n, String(before.bytes));
  assert.equal(before.inodes, 3);
  linkSync(join(folder, "a/big"), join(folder, "same"));
  assert.equal((await diskUsage(folder)).inodes, 3);
  symlinkSync("/usr", join(folder, "elsewhere"));
  assert.equal((await diskUsage(folder)).inodes, 4);
  assert.deepEqual(await diskUsage(join(folder, "absent")), noDisk);
});

test("a disk and a machine as a whole", async (t) => {
  const folder = folderWith(t, {});
  const space = await diskSpace(folder);
  assert.ok(space.capacityBytes >= space.usedBytes && space.availableBytes > 0n);
  const { memoryBytes, memoryAvailableBytes } = await nodeResources(folder);
  assert.ok(memoryBytes > memoryAvailableBytes && memoryAvailableBytes > 0n);
});

test("rates are between two looks a second apart; what began anew has none", () => {
  const rates = new Rates();
  assert.equal(rates.of("a", 0n, 0), undefined);
  assert.equal(rates.of("a", 1_000n, 2000), 500n);
  assert.equal(rates.of("a", 1_100n, 2100), 1000n);
  assert.equal(rates.of("a", 1_500n, 3000), 500n);
  assert.equal(rates.of("a", 10n, 5000), undefined);
  rates.keep(new Set());
  assert.equal(rates.of("a", 20n, 6000), undefined);
});
