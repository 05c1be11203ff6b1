import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { writeAtomically } from "./atomic-folder.ts";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-atomic-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const file = (path: string, text: string, mode = 0o400) => ({ path, mode, contents: Buffer.from(text) });
const visible = (folder: string) => readdirSync(folder).filter((name) => !name.startsWith(".."));

test("files come, change and go all at once, with their modes whatever the process's mask", async (t) => {
  const folder = folderFor(t);
  const before = process.umask(0o077);
  t.after(() => void process.umask(before));
  await writeAtomically(folder, [file("a", "1"), file("deep/er/b", "2", 0o644)]);
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "1");
  assert.equal(readFileSync(join(folder, "deep/er/b"), "utf8"), "2");
  const modes = ["a", "deep/er/b", "deep", "deep/er"].map((path) =>
    (statSync(join(folder, path)).mode & 0o777).toString(8),
  );
  assert.deepEqual(modes, ["400", "644", "755", "755"]);
  const first = readlinkSync(join(folder, "..data"));
  await writeAtomically(folder, [file("a", "3"), file("c", "4")]);
  assert.deepEqual(visible(folder), ["a", "c"]);
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "3");
  assert.notEqual(readlinkSync(join(folder, "..data")), first);
  // Nothing of the time before is left.
  assert.equal(readdirSync(folder).length, 4);
});

test("what is made in a group's folder is the group's, as in volumes with fsGroup", {
  skip: process.getuid?.() === 0 ? false : "only root gives a folder to any group",
}, async (t) => {
  const folder = folderFor(t);
  chownSync(folder, 0, 4321);
  chmodSync(folder, 0o2775);
  await writeAtomically(folder, [file("deep/a", "1", 0o440)]);
  assert.deepEqual(
    ["deep", "deep/a"].map((path) => statSync(join(folder, path)).gid),
    [4321, 4321],
  );
});

test("what is not ours stays, and what cannot be written leaves all as it was", async (t) => {
  const folder = folderFor(t);
  writeFileSync(join(folder, "theirs"), "x");
  await writeAtomically(folder, [file("a", "1")]);
  assert.deepEqual(visible(folder), ["a", "theirs"]);
  await assert.rejects(
    writeAtomically(folder, [file("theirs", "1")]),
    /theirs: is there already, and was not made here/,
  );
  assert.equal(readFileSync(join(folder, "theirs"), "utf8"), "x");
  const second = folderFor(t);
  await writeAtomically(second, [file("a", "1")]);
  // A file where a folder would be.
  await assert.rejects(writeAtomically(second, [file("b", "1"), file("b/c", "2")]));
  assert.equal(readFileSync(join(second, "a"), "utf8"), "1");
  assert.equal(readdirSync(second).length, 3);
});

test("who stopped in between leaves nothing that hinders", async (t) => {
  const folder = folderFor(t);
  mkdirSync(join(folder, "..2020"));
  await writeAtomically(folder, [file("a", "1")]);
  await writeAtomically(folder, [file("a", "2")]);
  assert.equal(readFileSync(join(folder, "a"), "utf8"), "2");
});
