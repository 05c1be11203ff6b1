import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { MountTable } from "./mount-table.ts";
import { mountSubPath, readWithin } from "./sub-path.ts";
import { fakeMounts, makeFolder, podFolder } from "./volumes.fixture.ts";

function places(t: TestContext) {
  const folder = podFolder(t);
  const [volume, secret, target] = [
    makeFolder(folder, "volume"),
    makeFolder(folder, "secret"),
    join(folder, "target", "0"),
  ];
  writeFileSync(join(secret, "key"), "secret");
  return { folder, volume, secret, target };
}

const linux = { skip: process.platform !== "linux" && "no /proc" };

test("a file, a folder, and what a symlink inside leads to", linux, async (t) => {
  const { folder, volume } = places(t);
  mkdirSync(join(volume, "..1", "d"), { recursive: true });
  writeFileSync(join(volume, "..1", "d", "f"), "1");
  symlinkSync("..1", join(volume, "..data"));
  symlinkSync("..data/d", join(volume, "d"));
  for (const [path, file] of [
    ["d/f", "."],
    ["d", "f"],
    [".", "d/f"],
  ] as const) {
    const target = join(folder, "target", `of ${path.replace("/", "-")}`);
    await mountSubPath(volume, path, target, { mounts: fakeMounts(), make: true });
    assert.equal(readFileSync(join(target, file), "utf8"), "1", path);
  }
});

test("what is not there is made a folder like the volume's own", linux, async (t) => {
  const { volume, target } = places(t);
  chmodSync(volume, 0o2775);
  await mountSubPath(volume, "a/b", target, { mounts: fakeMounts(), make: true });
  for (const path of ["a", "a/b"]) assert.equal(statSync(join(volume, path)).mode & 0o7777, 0o2775, path);
});

test("what is not there is not made where nothing may be", linux, async (t) => {
  const { volume, target } = places(t);
  await assert.rejects(mountSubPath(volume, "a/b", target, { mounts: fakeMounts(), make: false }), /ENOENT/);
  assert.deepEqual(readdirSync(volume), []);
});

for (const [what, link, path] of [
  ["a symlink out", "../secret", "x"],
  ["a symlink out on the way", "../secret", "x/key"],
  ["an absolute symlink", "/etc", "x/passwd"],
  ["a symlink out where something is to be made", "../secret", "x/new/deep"],
  ["a symlink to nothing", "../secret/nothing", "x"],
] as const)
  test(`no escape by ${what}`, linux, async (t) => {
    const { volume, secret, target } = places(t);
    symlinkSync(link, join(volume, "x"));
    const mounts = fakeMounts();
    await assert.rejects(mountSubPath(volume, path, target, { mounts, make: true }));
    assert.deepEqual(readdirSync(secret), ["key"]);
    assert.deepEqual(mounts.below("/"), []);
  });

test("files are read inside alone, and no pipe keeps who reads waiting", linux, (t) => {
  const { volume } = places(t);
  mkdirSync(join(volume, "d"));
  writeFileSync(join(volume, "d", "f"), "text");
  symlinkSync("d", join(volume, "link"));
  symlinkSync("../secret/key", join(volume, "out"));
  execFileSync("mkfifo", [join(volume, "pipe")]);
  assert.equal(readWithin(volume, "link/f", 10), "text");
  assert.throws(() => readWithin(volume, "out", 10), /leads out of the volume/);
  assert.throws(() => readWithin(volume, "pipe", 10), /"pipe" is no file/);
  assert.throws(() => readWithin(volume, "d/f", 3), /"d\/f" is larger than 3 bytes/);
});

test("a container that changes the path before it is mounted gains nothing", linux, async (t) => {
  const { volume, target } = places(t);
  mkdirSync(join(volume, "d"));
  writeFileSync(join(volume, "d", "key"), "own");
  const fake = fakeMounts();
  const mounts: MountTable = {
    ...fake,
    bind: async (source, place) => {
      renameSync(join(volume, "d"), join(volume, "moved"));
      symlinkSync("../secret", join(volume, "d"));
      await fake.bind(source, place);
    },
  };
  await mountSubPath(volume, "d", target, { mounts, make: true });
  assert.equal(readFileSync(join(target, "key"), "utf8"), "own");
  rmSync(join(volume, "d"));
});
