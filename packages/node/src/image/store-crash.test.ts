import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeImage, platform, temporaryFolder, writeLayout } from "./image.fixture.ts";
import { FolderImageStore } from "./store.ts";

const names = Array.from({ length: 1500 }, (_, i) => `d${i % 50}/f${i}`);

test("a process that is killed while it unpacks leaves nothing that looks whole, and the next one sweeps", async (t) => {
  const folder = temporaryFolder(t);
  const layout = writeLayout(join(folder, "in"), await makeImage([names]));
  const script = `
    import { FolderImageStore } from ${JSON.stringify(new URL("./store.ts", import.meta.url).href)};
    const [folder, layout] = process.argv.slice(1);
    await new FolderImageStore({ folder, platform: ${JSON.stringify(platform)} }).importImage(layout);
  `;
  const store = join(folder, "store");
  const parameters = ["--conditions=source", "--input-type=module", "--eval", script, store, layout];
  const child = spawn(process.execPath, parameters, { stdio: "ignore" });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
  const unfinished = join(store, "unfinished");
  const isUnpacking = () =>
    existsSync(unfinished) &&
    readdirSync(unfinished).some((name) => existsSync(join(unfinished, name, "image", "rootfs", "d0", "f0")));
  while (child.exitCode === null && !isUnpacking()) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill("SIGKILL");
  assert.equal(await ended, "SIGKILL");
  assert.equal(readdirSync(unfinished).length, 1);
  assert.deepEqual(readdirSync(join(store, "images")), []);
  const next = new FolderImageStore({ folder: store, platform });
  assert.deepEqual(readdirSync(unfinished), []);
  assert.deepEqual(await next.list(), []);
  const [image] = await next.importImage(layout);
  assert.equal(readdirSync(image!.rootfs).length, 50);
});

const noTmpfs = process.getuid?.() !== 0 && "not root: no small disk can be mounted";

test("a full disk is one line, and what was unpacked is gone", { skip: noTmpfs }, async (t) => {
  const folder = temporaryFolder(t);
  const body = Buffer.alloc(3 * 1024 ** 2, 7);
  const layout = writeLayout(join(folder, "in"), await makeImage([[{ name: "large", body }]]));
  const store = join(folder, "store");
  mkdirSync(store);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", store]);
  try {
    const images = new FolderImageStore({ folder: store, platform });
    await assert.rejects(images.importImage(layout), {
      reason: "ErrImagePull",
      message: /^the layer sha256:\w{64} cannot be unpacked: ENOSPC at write$/,
    });
    assert.deepEqual(readdirSync(join(store, "unfinished")), []);
    assert.deepEqual(readdirSync(join(store, "images")), []);
  } finally {
    execFileSync("umount", [store]);
  }
});
