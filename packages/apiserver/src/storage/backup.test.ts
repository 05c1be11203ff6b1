import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readBackup, type Snapshot, writeBackup } from "./backup.ts";
import { openLmdbStore, readLmdbSnapshot, restoreLmdbStore } from "./lmdb-store.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const snapshot: Snapshot = {
  revision: 7,
  values: [
    { key: "/registry/pods/a/b", createRevision: 2, modRevision: 5, value: bytes("{}") },
    { key: "/registry/secrets/ä", createRevision: 7, modRevision: 7, value: Uint8Array.from([0, 255, 10]) },
  ],
};

test("what was written is read again", () => {
  deepEqual(readBackup(writeBackup(snapshot), "f"), snapshot);
  deepEqual(readBackup(writeBackup({ revision: 0, values: [] }), "f"), { revision: 0, values: [] });
});

const whole = writeBackup(snapshot);
const faults: readonly (readonly [string, Buffer, RegExp])[] = [
  ["nothing", Buffer.alloc(0), /f: (cut off|no backup)/],
  ["another file", Buffer.from("hello"), /f: no backup of sallyport$/],
  ["another gzip", gzipSync("{}\n"), /f: no backup of sallyport$/],
  ["a file that is cut off", whole.subarray(0, whole.length - 9), /f: cut off/],
  ["a newer one", gzipSync('{"format":"sallyport-backup","version":9}\n{}\n'), /newer version \(format 9/],
  [
    "a changed one",
    gzipSync('{"format":"sallyport-backup","version":1,"revision":1,"count":0}\n{"sha256":"00"}\n'),
    /checksum/,
  ],
];

for (const [what, file, fault] of faults) test(`${what} is refused`, () => throws(() => readBackup(file, "f"), fault));

test("a folder is read while its owner writes, and restored with its revisions", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-backup-"));
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  try {
    const store = openLmdbStore(from);
    await store.write({ key: "/a", expected: 0, value: bytes("1") });
    await store.write({ key: "/b", expected: 0, value: bytes("2") });
    await store.write({ key: "/a", expected: 1, value: bytes("3") });
    const taken = await readLmdbSnapshot(from);
    await store.write({ key: "/c", expected: 0, value: bytes("4") });
    await store.close();
    equal(taken.revision, 3);
    await restoreLmdbStore(to, readBackup(writeBackup(taken), "f"));
    const restored = openLmdbStore(to);
    equal(restored.revision, 3);
    deepEqual((await restored.range("/")).values, taken.values);
    deepEqual(await restored.write({ key: "/d", expected: 0, value: bytes("5") }), { ok: true, revision: 4 });
    await restored.close();
    await rejects(restoreLmdbStore(to, taken), /to: holds 3 keys already/);
    await rejects(readLmdbSnapshot(join(folder, "none")), (error: Error) => {
      match(error.message, /none: no store/);
      return true;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
