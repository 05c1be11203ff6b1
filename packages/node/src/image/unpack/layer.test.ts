import assert from "node:assert/strict";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Entry, tarOf, temporaryFolder } from "../image.fixture.ts";
import { imageLimits } from "../limits.ts";
import { Budget } from "./budget.ts";
import { applyLayer, type LayerLosses } from "./layer.ts";
import { RootTree } from "./root-tree.ts";

const isRoot = process.getuid?.() === 0;

interface Laid {
  readonly outside: string;
  readonly root: string;
  readonly losses: readonly LayerLosses[];
}

/** Lays layers into a folder beside which another lies. */
async function lay(t: TestContext, layers: readonly (readonly Entry[])[], limits = imageLimits): Promise<Laid> {
  const folder = temporaryFolder(t);
  const [outside, root] = [join(folder, "outside"), join(folder, "root")];
  for (const made of [outside, root]) mkdirSync(made);
  writeFileSync(join(outside, "kept"), "kept");
  const budget = new Budget(limits);
  const losses: LayerLosses[] = [];
  for (const entries of layers) {
    const tar = new Blob([(await tarOf(entries)) as Uint8Array<ArrayBuffer>]).stream();
    losses.push(await applyLayer(new RootTree(root), tar, { budget, hasOwners: isRoot }));
  }
  return { outside, root, losses };
}

/** Every file of a folder as an entry, in order; `name` alone where a file holds its own name. */
function shown(root: string, below = ""): readonly string[] {
  return readdirSync(join(root, below))
    .sort()
    .flatMap((name) => {
      const path = below === "" ? name : `${below}/${name}`;
      const place = join(root, path);
      const found = lstatSync(place);
      if (found.isSymbolicLink()) return [`${path} -> ${readlinkSync(place)}`];
      if (found.isDirectory()) return [`${path}/`, ...shown(root, path)];
      const text = readFileSync(place, "utf8");
      return [text === path ? path : `${path}: ${text}`];
    });
}

const laid: readonly (readonly [what: string, layers: readonly (readonly Entry[])[], wanted: readonly string[]])[] = [
  ["files and folders, parents made", [["a/b/c", "d/"]], ["a/", "a/b/", "a/b/c", "d/"]],
  ["a later file", [["a"], [{ name: "a", body: Buffer.from("2") }]], ["a: 2"]],
  ["dots and slashes before a name", [["./a", "//b", "./"]], ["a: ./a", "b: //b"]],
  [
    "a whiteout",
    [
      ["a/b", "a/c", "d"],
      ["a/.wh.b", ".wh.d"],
    ],
    ["a/", "a/c"],
  ],
  ["a whiteout of a folder", [["a/b/c"], [".wh.a"]], []],
  ["a whiteout of what is not there", [["a"], ["x/.wh.b"]], ["a", "x/"]],
  ["a whiteout spares its own layer", [["a/b"], ["a/c", ".wh.a"]], ["a/", "a/c"]],
  [
    "an opaque folder",
    [
      ["a/b", "a/c/d", "e"],
      ["a/.wh..wh..opq", "a/f"],
    ],
    ["a/", "a/f", "e"],
  ],
  [
    "an opaque folder, told at its end",
    [
      ["a/b", "a/c/d"],
      ["a/c/e", "a/.wh..wh..opq"],
    ],
    ["a/", "a/c/", "a/c/e"],
  ],
  ["AUFS' own files", [[".wh..wh.plnk/x", ".wh..wh.aufs"]], []],
  ["a folder that becomes a file", [["a/b"], ["a"]], ["a"]],
  ["a file that becomes a folder", [["a"], ["a/"]], ["a/"]],
  [
    "a symlink that becomes a folder",
    [
      ["b/c", "a -> b"],
      ["a/", "a/d"],
    ],
    ["a/", "a/d", "b/", "b/c"],
  ],
  [
    "a folder's symlink is followed inside",
    [["usr/lib/", "lib -> usr/lib"], ["lib/x"]],
    ["lib -> usr/lib", "usr/", "usr/lib/", "usr/lib/x: lib/x"],
  ],
  [
    "an absolute symlink is of the image's root",
    [["usr/", "bin -> /usr"], ["bin/x"]],
    ["bin -> /usr", "usr/", "usr/x: bin/x"],
  ],
  ["a symlink up stays inside", [["up -> ../../../.."], ["up/x"]], ["up -> ../../../..", "x: up/x"]],
  ["a symlink to nothing has its folder made", [["a -> b/c"], ["a/x"]], ["a -> b/c", "b/", "b/c/", "b/c/x: a/x"]],
  ["a hard link", [["a", "b => a"]], ["a", "b: a"]],
  ["a hard link to itself", [["a", "a => a"]], ["a"]],
  ["a hard link to a symlink", [["a -> /etc/passwd", "b => a"]], ["a -> /etc/passwd", "b -> /etc/passwd"]],
  ["a symlink over a symlink that leads out", [["a -> /etc", "a"]], ["a"]],
];

for (const [what, layers, wanted] of laid)
  test(`layers: ${what}`, async (t) => {
    const { root, outside } = await lay(t, layers);
    assert.deepEqual(shown(root), wanted.toSorted());
    assert.deepEqual(shown(outside), ["kept"]);
  });

const long = "n".repeat(256);
const refused: readonly (readonly [what: string, layers: readonly (readonly Entry[])[], message: RegExp])[] = [
  ["a path up", [["../outside/x"]], /^invalid layer: the path "\.\.\/outside\/x" leads out of the image with "\.\."$/],
  ["a path up inside", [["a/../b"]], /leads out of the image/],
  ["a hard link up", [["x => ../outside/kept"]], /leads out of the image/],
  ["a hard link out by a symlink", [["up -> ../outside", "x => up/kept"]], /no such file or directory/],
  ["a hard link to an absolute path", [["x => /etc/passwd"]], /no such file or directory|is not there/],
  ["a hard link to a folder", [["a/", "x => a"]], /"x" is a link to "a", which is a folder$/],
  ["a whiteout of the parent", [["a/b"], ["a/.wh..."]], /a whiteout of "\.\."/],
  ["symlinks in a ring", [["a -> b", "b -> a", "a/x"]], /too many levels of symbolic links/],
  ["a file as a folder", [["a", "a/b"]], /"a": not a directory/],
  ["a name that is too long", [[long]], /is longer than 255 bytes/],
  ["a path that is too deep", [["d/".repeat(300)]], /is deeper than 256 folders/],
  ["a root that is a file", [[{ name: ".", type: "symlink", linkname: "/etc" }]], /its root is no folder/],
  ["a symlink to nowhere", [[{ name: "a", type: "symlink" }]], /the symlink "a" leads to no path/],
  ["a number that no user has", [[{ name: "a", uid: 2 ** 32 - 1 }]], /no user or group has the number 4294967295/],
  ["a sparse file", [[{ name: "a", pax: { "GNU.sparse.major": "1" } }]], /"a" is a sparse file of GNU tar/],
];

for (const [what, layers, message] of refused)
  test(`layers refused: ${what}`, async (t) => {
    await assert.rejects(lay(t, layers), { reason: "ErrImagePull", message });
  });

test("layers are bounded in files and bytes, all together", async (t) => {
  const two = [["a", "b"], ["c"]];
  await assert.rejects(lay(t, two, { ...imageLimits, files: 2 }), /it has more than 2 files/);
  await assert.rejects(lay(t, two, { ...imageLimits, bytes: 2 }), /its files are larger than 2 bytes together/);
  await lay(t, two, { ...imageLimits, files: 3, bytes: 3 });
});

test("devices and FIFOs are not made, and counted", async (t) => {
  const nodes = (["character-device", "block-device", "fifo"] as const).map((type) => ({ name: `dev/${type}`, type }));
  const { root, losses } = await lay(t, [["dev/fifo"], nodes]);
  assert.deepEqual(shown(root), ["dev/"]);
  assert.equal(losses[1]?.specialFiles, 3);
});

test("modes with setuid, times of folders and links, and owners where we may", async (t) => {
  const time = new Date(1_500_000_000_000);
  const { root } = await lay(t, [
    [
      { name: "bin", type: "directory", mode: 0o1777, mtime: time },
      { name: "bin/su", type: "file", mode: 0o4755, uid: 7, gid: 8, mtime: time },
      { name: "bin/link", type: "symlink", linkname: "su", uid: 7, gid: 8, mtime: time },
      { name: "locked", type: "directory", mode: 0o500, mtime: time },
      { name: "locked/x", type: "file", mode: 0o000, mtime: time },
    ],
  ]);
  const of = (path: string) => lstatSync(join(root, path));
  const modes = ["bin", "bin/su", "locked", "locked/x"].map((path) => (of(path).mode & 0o7777).toString(8));
  assert.deepEqual(modes, ["1777", "4755", "500", "0"]);
  for (const path of ["bin", "bin/su", "bin/link", "locked"]) assert.equal(of(path).mtimeMs, time.getTime(), path);
  if (isRoot) for (const path of ["bin/su", "bin/link"]) assert.deepEqual([of(path).uid, of(path).gid], [7, 8], path);
});

test("an archive that ends too early is no layer", async (t) => {
  const root = join(temporaryFolder(t), "root");
  mkdirSync(root);
  const whole = await tarOf(["a", { name: "b", body: Buffer.alloc(2000) }]);
  const tar = new Blob([whole.subarray(0, 2048) as Uint8Array<ArrayBuffer>]).stream();
  const options = { budget: new Budget(imageLimits), hasOwners: false };
  await assert.rejects(applyLayer(new RootTree(root), tar, options), /truncated/);
  assert.ok(existsSync(root));
});
