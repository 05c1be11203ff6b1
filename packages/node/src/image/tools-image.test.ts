import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "./image.fixture.ts";
import type { Image } from "./image.ts";
import { FolderImageStore } from "./store.ts";
import { toolsImageName } from "./tools-image.ts";
import { resolveUser } from "./users.ts";

const folders = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];
const placeOf = (name: string) => folders.map((folder) => join(folder, name)).find((place) => existsSync(place));
const isRoot = process.getuid?.() === 0;

async function build(t: TestContext, programs?: readonly string[]): Promise<Image> {
  const folder = temporaryFolder(t);
  const own = join(folder, "bin");
  mkdirSync(own);
  for (const name of programs ?? []) symlinkSync(placeOf(name) as string, join(own, name));
  const tools = programs === undefined ? {} : { tools: { folders: [own] } };
  const store = new FolderImageStore({ folder: join(folder, "store"), ...tools });
  const pulled = () => store.pull(toolsImageName, { credentials: [], signal: new AbortController().signal });
  const images = await Promise.all([pulled(), pulled()]);
  assert.deepEqual(await store.find("sallyport.dev/tools"), images[0]);
  assert.deepEqual(images[1], images[0]);
  return images[0];
}

const single = ["sh", "cat", "id", "ls", "sleep"];
const kinds: readonly (readonly [kind: string, programs: readonly string[], skip: string | false])[] = [
  ["busybox", ["busybox"], placeOf("busybox") === undefined && "no busybox"],
  ["single programs", single, single.some((name) => placeOf(name) === undefined) && "no sh, cat, id, ls or sleep"],
];

for (const [kind, programs, missing] of kinds) {
  test(`the image of tools, of ${kind}, is made twice alike, and has its users`, { skip: missing }, async (t) => {
    const [image, again] = [await build(t, programs), await build(t, programs)];
    assert.equal(again.id, image.id);
    assert.deepEqual(resolveUser(image.rootfs, "app"), {
      uid: 1000,
      gid: 1000,
      additionalGids: [],
      username: "app",
      home: "/home/app",
    });
    assert.deepEqual(image.config.Cmd, ["/bin/sh"]);
  });

  test(`its programs, of ${kind}, run where there is nothing else`, {
    skip: missing || (!isRoot && "not root: no chroot"),
  }, async (t) => {
    const { rootfs } = await build(t, programs);
    const shown = execFileSync("chroot", [rootfs, "/bin/sh", "-c", "id -un; cat /etc/group; ls -d /tmp"], {
      encoding: "utf8",
      env: { PATH: "/usr/sbin:/bin:/usr/bin" },
    });
    assert.equal(shown, "root\nroot:x:0:\napp:x:1000:\nnobody:x:65534:\n/tmp\n");
  });
}

test("a machine without programs has no such image", (t) =>
  assert.rejects(build(t, []), {
    reason: "ErrImagePull",
    message:
      "sallyport.dev/tools:latest is made of this machine's programs, which has neither busybox nor sh, cat, id, ls, sleep",
  }));

test("an image of a program that stays where it is: its libraries are copied, and containers see it at its place", {
  skip: placeOf("ldd") === undefined && "no ldd",
}, async (t) => {
  const folder = temporaryFolder(t);
  const name = "sallyport.dev/program:latest";
  const machine = { name, entrypoint: [process.execPath, "--version"], files: [join(folder, "more")] };
  const store = new FolderImageStore({ folder: join(folder, "store"), machineImages: [machine] });
  const pulled = await store.pull(name, { credentials: [], signal: new AbortController().signal });
  assert.deepEqual(await store.find("sallyport.dev/program"), pulled);
  assert.deepEqual(pulled.config.Entrypoint, [process.execPath, "--version"]);
  assert.deepEqual(pulled.machineFiles, [process.execPath, join(folder, "more")]);
  assert.equal(existsSync(join(pulled.rootfs, process.execPath)), false);
  const listed = execFileSync("ldd", [process.execPath], { encoding: "utf8" });
  const libraries = [...listed.matchAll(/=>\s+(\/\S+)/g)].map(([, library]) => library as string);
  for (const library of libraries) assert.ok(existsSync(join(pulled.rootfs, library)), library);
});
