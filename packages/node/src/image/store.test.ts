import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  blobOf,
  descriptorOf,
  dockerArchive,
  type Entry,
  type MadeImage,
  makeImage,
  type Packing,
  platform,
  tarOf,
  temporaryFolder,
  writeLayout,
} from "./image.fixture.ts";
import type { Image } from "./image.ts";
import { imageLimits } from "./limits.ts";
import { FolderImageStore } from "./store.ts";

const layers = [
  ["etc/passwd", "bin/sh", "tmp/"],
  ["etc/.wh.passwd", "app -> bin/sh"],
];

function storeIn(folder: string, limits = imageLimits): FolderImageStore {
  return new FolderImageStore({ folder: join(folder, "store"), platform, limits });
}

/** Nothing but whole images and their names lies there. */
function assertClean(folder: string, images: number): void {
  const store = join(folder, "store");
  assert.deepEqual(readdirSync(join(store, "unfinished")), []);
  assert.equal(readdirSync(join(store, "images")).length, images);
}

function assertUnpacked(image: Image | undefined): void {
  assert.ok(image !== undefined);
  assert.deepEqual(readdirSync(image.rootfs).sort(), ["app", "bin", "etc", "tmp"]);
  assert.deepEqual(readdirSync(join(image.rootfs, "etc")), []);
  assert.equal(readFileSync(join(image.rootfs, "app"), "utf8"), "bin/sh");
}

for (const packing of ["tar", "gzip", "zstd"] satisfies Packing[])
  test(`a layout of layers by ${packing} is imported, and found by its names and its id`, async (t) => {
    const folder = temporaryFolder(t);
    const made = await makeImage(layers, { packing, config: { User: "app", Env: ["A=b"], Cmd: null } });
    const [image] = await storeIn(folder).importImage(writeLayout(join(folder, "in"), made));
    const found = await storeIn(folder).find("example.org/app:1");
    assertUnpacked(found);
    assert.deepEqual(found, image);
    assert.deepEqual(found?.config, { User: "app", Env: ["A=b"] });
    assert.equal(found?.id, made.config.digest);
    assert.equal(found?.repoDigest, `example.org/app@${made.manifest.digest}`);
    assert.equal(
      found?.sizeBytes,
      [made.config, ...made.layers].reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    for (const name of [made.config.digest, `example.org/app:other@${made.manifest.digest}`])
      assert.equal((await storeIn(folder).find(name))?.id, image?.id, name);
    assert.equal(await storeIn(folder).find("example.org/app:2"), undefined);
    assert.equal(await storeIn(folder).mayUse("example.org/app:1", []), true);
    assertClean(folder, 1);
  });

test("what docker saves is imported by all its names, as a file by gzip too", async (t) => {
  const folder = temporaryFolder(t);
  const archive = join(folder, "saved.tar.gz");
  writeFileSync(archive, gzipSync(await dockerArchive(layers, ["busybox:1", "localhost:5000/b"])));
  const store = storeIn(folder);
  await store.importImage(archive);
  for (const name of ["docker.io/library/busybox:1", "busybox:1", "localhost:5000/b:latest"])
    assertUnpacked(await store.find(name));
  const [only, ...others] = await store.list();
  assert.deepEqual([only?.names, others.length], [["docker.io/library/busybox:1", "localhost:5000/b:latest"], 0]);
  await store.remove("busybox:1");
  assertUnpacked(await store.find("localhost:5000/b"));
  await store.remove("localhost:5000/b");
  assert.deepEqual(await store.list(), []);
  assertClean(folder, 0);
});

test("an index's manifest for this machine is taken", async (t) => {
  const folder = temporaryFolder(t);
  const [mine, others] = [await makeImage(layers), await makeImage([["wrong"]])];
  const manifests = [
    { ...descriptorOf(others.manifest), platform: { os: "linux", architecture: "s390x" } },
    { ...descriptorOf(mine.manifest), platform },
  ];
  const index = blobOf("application/vnd.oci.image.index.v1+json", { schemaVersion: 2, manifests });
  const made = { ...mine, manifest: index, blobs: [index, ...mine.blobs] };
  const [image] = await storeIn(folder).importImage(writeLayout(join(folder, "in"), made));
  assertUnpacked(image);
  assert.equal(image?.repoDigest, `example.org/app@${index.digest}`);
});

test("an image by another name, and one without any", async (t) => {
  const folder = temporaryFolder(t);
  const layout = writeLayout(join(folder, "in"), await makeImage(layers), "latest");
  const store = storeIn(folder);
  await assert.rejects(store.importImage(layout), /has no name there: give it one$/);
  await store.importImage(layout, "app");
  assertUnpacked(await store.find("app:latest"));
  await assert.rejects(store.importImage(layout, "App"), {
    reason: "InvalidImageName",
    message: /^couldn't parse image name "App": invalid reference format/,
  });
});

/** A layout of an image that is changed before it is written, or after. */
async function layoutOf(
  folder: string,
  change: (made: MadeImage) => MadeImage | Promise<MadeImage>,
  damage: (layout: string, made: MadeImage) => void = () => {},
  entries: readonly (readonly Entry[])[] = layers,
): Promise<string> {
  const made = await change(await makeImage(entries));
  const layout = writeLayout(join(folder, "in"), made);
  damage(layout, made);
  return layout;
}

const same = (made: MadeImage) => made;
const blobPath = (layout: string, { digest }: { readonly digest: string }) =>
  join(layout, "blobs", ...digest.split(":"));

/** Its manifest says something else. */
function withManifest(made: MadeImage, change: object): MadeImage {
  const manifest = blobOf(made.manifest.mediaType, { ...JSON.parse(String(made.manifest.bytes)), ...change });
  return { ...made, manifest, blobs: [...made.blobs, manifest] };
}

function withConfig(made: MadeImage, content: Uint8Array | object): MadeImage {
  const config = blobOf(made.config.mediaType, content);
  return withManifest({ ...made, config, blobs: [...made.blobs, config] }, { config: descriptorOf(config) });
}

const refused: readonly (readonly [what: string, write: (folder: string) => Promise<string>, message: RegExp])[] = [
  ["nothing there", async () => "/nowhere/image.tar", /^\/nowhere\/image.tar cannot be read: ENOENT$/],
  ["an empty folder", async (folder) => folder, /is no image: it has neither oci-layout and index.json, nor manifest/],
  [
    "a text",
    async (folder) => {
      writeFileSync(join(folder, "x"), "hello");
      return join(folder, "x");
    },
    /is no tar archive: /,
  ],
  [
    "a layer that is another",
    (folder) =>
      layoutOf(folder, same, (layout, { layers: [first, second] }) =>
        writeFileSync(blobPath(layout, first as never), (second as never as { bytes: Uint8Array }).bytes.slice()),
      ),
    /^the blob sha256:\w{64} (is sha256:\w{64}|has \d+ bytes, not \d+)$/,
  ],
  [
    "a layer of another size",
    (folder) =>
      layoutOf(folder, (made) => {
        const [first, ...rest] = made.layers.map((layer) => ({ ...descriptorOf(layer) }));
        return withManifest(made, { layers: [{ ...first, size: 5 }, ...rest] });
      }),
    /^the blob sha256:\w{64} has \d+ bytes, not 5$/,
  ],
  [
    "a layer that is not there",
    (folder) => layoutOf(folder, same, (layout, { layers: [first] }) => rmSync(blobPath(layout, first as never))),
    /^the archive has no file "blobs\/sha256\/\w{64}"$/,
  ],
  [
    "a blob that is a link out",
    (folder) =>
      layoutOf(folder, same, (layout, { config }) => {
        renameSync(blobPath(layout, config), join(folder, "config"));
        symlinkSync(join(folder, "config"), blobPath(layout, config));
      }),
    /^the archive has no file "blobs\/sha256\/\w{64}"$/,
  ],
  [
    "a gzip that ends too early",
    (folder) =>
      layoutOf(folder, (made) => {
        const [first, ...rest] = made.layers;
        const cut = blobOf(first!.mediaType, first!.bytes.subarray(0, first!.bytes.length - 20));
        return withManifest({ ...made, blobs: [...made.blobs, cut] }, { layers: [cut, ...rest].map(descriptorOf) });
      }),
    /^the layer sha256:\w{64} cannot be unpacked: unexpected end of file$/,
  ],
  [
    "a layer that holds another",
    (folder) =>
      layoutOf(folder, async (made) => {
        const other = blobOf(made.layers[0]!.mediaType, gzipSync(await tarOf(["other"])));
        const changed = { ...made, blobs: [...made.blobs, other] };
        return withManifest(changed, { layers: [other, made.layers[1]!].map(descriptorOf) });
      }),
    /^the layer sha256:\w{64} holds sha256:\w{64}$/,
  ],
  [
    "a manifest that is none",
    (folder) => layoutOf(folder, (made) => withManifest(made, { layers: 1 })),
    /it has no layers$/,
  ],
  [
    "a manifest of the first kind",
    (folder) => layoutOf(folder, (made) => withManifest(made, { schemaVersion: 1 })),
    /^invalid manifest: schemaVersion must be 2/,
  ],
  [
    "a layer without a digest",
    (folder) => layoutOf(folder, (made) => withManifest(made, { layers: [{ digest: "sha256:../../x", size: 1 }] })),
    /^layer 0 in the manifest has no valid digest$/,
  ],
  [
    "an artifact that is no image",
    (folder) =>
      layoutOf(folder, (made) =>
        withManifest(made, {
          config: { ...descriptorOf(made.config), mediaType: "application/vnd.cncf.helm.config.v1+json" },
        }),
      ),
    /it is of no container image: its configuration is "application\/vnd.cncf.helm/,
  ],
  [
    "a configuration that is no JSON",
    (folder) => layoutOf(folder, (made) => withConfig(made, Buffer.from("{"))),
    /^the image's configuration is no JSON$/,
  ],
  [
    "a configuration that is a list",
    (folder) => layoutOf(folder, (made) => withConfig(made, [])),
    /is no JSON object$/,
  ],
  [
    "a configuration without layers",
    (folder) => layoutOf(folder, (made) => withConfig(made, platform)),
    /rootfs.diff_ids must be/,
  ],
  [
    "a configuration of fewer layers",
    (folder) => layoutOf(folder, (made) => withConfig(made, { ...platform, rootfs: { diff_ids: [] } })),
    /^the image has 2 layers, its configuration 0$/,
  ],
  [
    "another machine's image",
    (folder) =>
      layoutOf(folder, (made) => withConfig(made, { os: "windows", architecture: "amd64", rootfs: { diff_ids: [] } })),
    /the image is for windows\/amd64, this machine is linux\/amd64$/,
  ],
  [
    "an environment that is a text",
    (folder) =>
      layoutOf(folder, (made) => withConfig(made, { ...platform, rootfs: { diff_ids: [] }, config: { Env: "A=b" } })),
    /config.Env has not the type that it must have$/,
  ],
  ["a path up in a layer", (folder) => layoutOf(folder, same, undefined, [["../x"]]), /leads out of the image/],
];

for (const [what, write, message] of refused)
  test(`an image is refused, and nothing stays: ${what}`, async (t: TestContext) => {
    const folder = temporaryFolder(t);
    mkdirSync(join(folder, "given"));
    await assert.rejects(storeIn(folder).importImage(await write(join(folder, "given"))), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
    assertClean(folder, 0);
  });

test("a small layer that becomes far larger is refused", async (t) => {
  const folder = temporaryFolder(t);
  const made = await makeImage([[{ name: "zeros", body: Buffer.alloc(4 * 1024 ** 2) }]]);
  const limits = { ...imageLimits, freeBytes: 1024 ** 2 };
  await assert.rejects(
    storeIn(folder, limits).importImage(writeLayout(join(folder, "in"), made)),
    /its \d+ bytes become more than 200 times as many$/,
  );
  await assert.rejects(
    storeIn(folder, { ...imageLimits, layers: 0 }).importImage(join(folder, "in")),
    /it has more than 0 layers$/,
  );
  await assert.rejects(
    storeIn(folder, { ...imageLimits, documentBytes: 10 }).importImage(join(folder, "in")),
    /is larger than 10 bytes$/,
  );
  assertClean(folder, 0);
});

test("what a process left that was killed is swept, what another one makes now is not", async (t) => {
  const folder = temporaryFolder(t);
  storeIn(folder);
  const unfinished = join(folder, "store", "unfinished");
  for (const name of ["999999999-ab", "x", `${process.pid}-ab`])
    mkdirSync(join(unfinished, name, "image", "rootfs"), { recursive: true });
  const store = storeIn(folder);
  assert.deepEqual(readdirSync(unfinished), [`${process.pid}-ab`]);
  assert.deepEqual(await store.list(), []);
});

test("several stores of one folder see each other's images, and lose none", async (t) => {
  const folder = temporaryFolder(t);
  const layout = writeLayout(join(folder, "in"), await makeImage(layers));
  const stores = [1, 2, 3].map(() => storeIn(folder));
  const names = stores.flatMap((_, i) => [`a${i}`, `b${i}`, `c${i}`]);
  await Promise.all(names.map((name, i) => stores[i % 3]!.importImage(layout, name)));
  for (const store of stores) for (const name of names) assertUnpacked(await store.find(name));
  assert.equal(await stores[0]!.remove("a0"), true);
  assert.equal(await stores[1]!.remove("a0"), false);
  assert.equal(await stores[2]!.find("a0"), undefined);
  assertClean(folder, 1);
});

test("names that a killed process held are let go", async (t) => {
  const folder = temporaryFolder(t);
  const store = storeIn(folder);
  writeFileSync(join(folder, "store", "names.json.lock"), "999999999");
  await store.importImage(writeLayout(join(folder, "in"), await makeImage(layers)));
  assertUnpacked(await store.find("example.org/app:1"));
});

const noOverlay = process.getuid?.() !== 0 && "not root: nothing can be mounted";

test("an image that a container runs on stays", { skip: noOverlay }, async (t) => {
  const folder = temporaryFolder(t);
  const store = storeIn(folder);
  const [image] = await store.importImage(writeLayout(join(folder, "in"), await makeImage(layers)));
  const [root, upper, work] = ["root", "upper", "work"].map((name) => join(folder, name)) as [string, string, string];
  for (const each of [root, upper, work]) mkdirSync(each);
  const layered = `lowerdir=${image!.rootfs},upperdir=${upper},workdir=${work}`;
  try {
    execFileSync("mount", ["-t", "overlay", "-o", layered, "overlay", root], { stdio: "ignore" });
  } catch {
    return t.skip("no overlay can be mounted here");
  }
  try {
    await assert.rejects(store.remove("example.org/app:1"), {
      reason: "ImageInUse",
      message: "example.org/app:1 is in use: a container runs on it",
    });
    assertUnpacked(await store.find("example.org/app:1"));
  } finally {
    execFileSync("umount", [root]);
  }
  assert.equal(await store.remove("example.org/app:1"), true);
  assertClean(folder, 0);
});

test("names that no file has anymore are read as none", async (t) => {
  const folder = temporaryFolder(t);
  await storeIn(folder).importImage(writeLayout(join(folder, "in"), await makeImage(layers)));
  writeFileSync(join(folder, "store", "names.json"), "{");
  assert.equal(await storeIn(folder).find("example.org/app:1"), undefined);
  assert.equal((await storeIn(folder).list()).length, 1);
});

test("the image of tools is there before it was made, and once", async (t) => {
  const folder = temporaryFolder(t);
  const store = new FolderImageStore({ folder: join(folder, "store"), tools: { folders: [] } });
  assert.equal(await store.find("sallyport.dev/tools"), undefined);
  const signal = new AbortController().signal;
  await assert.rejects(store.pull("sallyport.dev/tools", { credentials: [], signal }), /has neither busybox nor sh, /);
  await assert.rejects(store.pull("busybox", { credentials: [], signal }), {
    reason: "ErrImagePull",
    message: "docker.io/library/busybox:latest cannot be pulled: no registries are asked here",
  });
  assertClean(folder, 0);
});
