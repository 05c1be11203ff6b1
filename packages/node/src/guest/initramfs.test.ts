import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../image/image.fixture.ts";
import { cpioArchive, fileMode, folderMode, programMode } from "./initramfs.ts";

const archive = cpioArchive([
  { path: "bin", mode: folderMode },
  { path: "bin/sh", mode: programMode, data: Buffer.from("#!") },
  { path: "note", mode: fileMode, data: Buffer.from("four") },
]);

test("a cpio archive: heads of 110 letters, each part filled up to four bytes", () => {
  const text = archive.toString("latin1");
  assert.equal(archive.length % 4, 0);
  assert.deepEqual(
    [...text.matchAll(/070701/g)].map(({ index }) => index % 4),
    [0, 0, 0, 0],
  );
  assert.ok(text.startsWith(`070701${"00000001"}${"000041ed"}${"0".repeat(16)}${"00000001"}`));
  assert.match(text, /bin\/sh\0+#!\0+070701/);
});

test("a cpio archive: cpio unpacks it", { skip: hasCpio() ? false : "no cpio on this machine" }, (t) => {
  const folder = temporaryFolder(t);
  execFileSync("cpio", ["--extract", "--quiet"], { cwd: folder, input: archive });
  assert.equal(readFileSync(join(folder, "bin/sh"), "utf8"), "#!");
  assert.equal(statSync(join(folder, "bin/sh")).mode & 0o777, 0o755);
  assert.equal(readFileSync(join(folder, "note"), "utf8"), "four");
});

function hasCpio(): boolean {
  try {
    execFileSync("cpio", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
