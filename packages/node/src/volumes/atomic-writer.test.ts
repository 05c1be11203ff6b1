import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeAtomically } from "./atomic-writer.ts";
import { namesIn, podFolder } from "./volumes.fixture.ts";

const payload = (files: { readonly [path: string]: string }, mode = 0o640) =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));
const nothing = () => {};
const read = (folder: string, path: string) => readFileSync(join(folder, path), "utf8");

test("files are seen by way of ..data, with their modes", (t) => {
  const folder = podFolder(t);
  assert.equal(writeAtomically(folder, payload({ a: "1", "d/b": "2", "d/c": "3" }), nothing), true);
  assert.deepEqual(namesIn(folder), ["..data -> ..version", "..version", "a -> ..data/a", "d -> ..data/d"]);
  assert.deepEqual([read(folder, "a"), read(folder, "d/b"), read(folder, "d/c")], ["1", "2", "3"]);
  assert.equal(statSync(join(folder, "d/b")).mode & 0o777, 0o640);
  assert.equal(statSync(join(folder, "d")).mode & 0o777, 0o755);
});

test("a change shows all of the old or all of the new, and leaves no old version", (t) => {
  const folder = podFolder(t);
  writeAtomically(folder, payload({ a: "1", b: "1", "d/x": "1" }), nothing);
  const before = realpathSync(join(folder, "..data"));
  const seen: string[] = [];
  writeAtomically(folder, payload({ a: "2", c: "2" }), () => {
    seen.push(read(folder, "a"), read(folder, "b"), realpathSync(join(folder, "..data")));
  });
  assert.deepEqual(seen, ["1", "1", before]);
  assert.deepEqual(namesIn(folder), ["..data -> ..version", "..version", "a -> ..data/a", "c -> ..data/c"]);
  assert.equal(read(folder, "a"), "2");
});

test("what is the same is not written again, and what is left of a process that was killed is swept", (t) => {
  const folder = podFolder(t);
  writeAtomically(folder, payload({ a: "1" }), nothing);
  const before = realpathSync(join(folder, "..data"));
  mkdirSync(join(folder, "..2020_01_01_00_00_00.abcdef"));
  assert.equal(
    writeAtomically(folder, payload({ a: "1" }), () => assert.fail("nothing is new")),
    false,
  );
  assert.equal(realpathSync(join(folder, "..data")), before);
  symlinkSync("..2020_01_01_00_00_00.abcdef", join(folder, "..data_tmp"));
  assert.equal(writeAtomically(folder, payload({}), nothing), true);
  assert.equal(writeAtomically(folder, payload({}), nothing), false);
  assert.deepEqual(namesIn(folder), ["..data -> ..version", "..version"]);
});

test("what others made in the folder stays, as mount points of volumes within", (t) => {
  const folder = podFolder(t);
  mkdirSync(join(folder, "nested"));
  writeFileSync(join(folder, "nested", "x"), "x");
  writeAtomically(folder, payload({ "nested/y": "1", a: "1" }), nothing);
  writeAtomically(folder, payload({ a: "2" }), nothing);
  assert.deepEqual(readdirSync(join(folder, "nested")), ["x"]);
});

for (const [path, message] of [
  ["", 'invalid path: must not be empty: ""'],
  ["/etc/passwd", "invalid path: must be relative path: /etc/passwd"],
  ["a/../b", "invalid path: must not contain '..': a/../b"],
  ["..data/x", "invalid path: must not start with '..': ..data/x"],
  ["n".repeat(256), "invalid path: filenames must be less than or equal to 255 characters"],
  ["n/".repeat(2049), "invalid path: must be less than or equal to 4096 characters"],
] as const)
  test(`no volume has the path ${JSON.stringify(path.slice(0, 20))}`, (t) => {
    const folder = podFolder(t);
    assert.throws(() => writeAtomically(folder, payload({ [path]: "1" }), nothing), { message });
    assert.deepEqual(readdirSync(folder), []);
  });
