import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createCa, createLeaf } from "@sallyport/pki";
import { credentialsFor } from "./credentials.ts";
import {
  type Blob,
  blobOf,
  descriptorOf,
  type MadeImage,
  makeImage,
  platform,
  temporaryFolder,
} from "./image.fixture.ts";
import type { RegistryCredential } from "./image.ts";
import { parseImageName } from "./image-name.ts";
import { type FakeRegistryOptions, startRegistry } from "./registry.fixture.ts";
import { createRegistry, type RegistryClientOptions } from "./registry.ts";
import { FolderImageStore } from "./store.ts";

const layers = [["etc/motd", "bin/sh"], ["a"], ["b"], ["c"], ["etc/.wh.motd"]];

async function setting(t: TestContext, options: FakeRegistryOptions = {}, client: Partial<RegistryClientOptions> = {}) {
  const made = await makeImage(layers);
  const registry = await startRegistry(t, { "org/app:1": made }, options);
  const folder = join(temporaryFolder(t), "store");
  const store = new FolderImageStore({ folder, platform, registry: createRegistry({ agent: "test", ...client }) });
  const credential = (password: string, place = registry.host): RegistryCredential => ({
    registry: place,
    username: "me",
    password,
  });
  const pull = (name: string, credentials: readonly RegistryCredential[] = [], signal = new AbortController().signal) =>
    store.pull(name, { credentials, signal });
  const assertClean = (images: number) => {
    assert.deepEqual(readdirSync(join(folder, "unfinished")), []);
    assert.equal(readdirSync(join(folder, "images")).length, images);
  };
  return { ...registry, registry, made, store, credential, pull, assertClean, name: `${registry.host}/org/app:1` };
}

test("an image is pulled by its tag, and by its digest, and is the same", async (t) => {
  const { pull, name, host, made, assertClean, asked, store } = await setting(t);
  const image = await pull(name);
  assert.deepEqual(readdirSync(image.rootfs).sort(), ["a", "b", "bin", "c", "etc"]);
  assert.equal(readFileSync(join(image.rootfs, "bin/sh"), "utf8"), "bin/sh");
  assert.equal(image.repoDigest, `${host}/org/app@${made.manifest.digest}`);
  assert.equal(image.id, made.config.digest);
  const before = asked.length;
  const byDigest = await pull(`${host}/org/app@${made.manifest.digest}`);
  assert.deepEqual(byDigest, image);
  // What is here is not fetched again.
  assert.ok(asked.slice(before).every((request) => !made.layers.some(({ digest }) => request.includes(digest))));
  assert.deepEqual(await store.find(`${host}/org/app:whatever@${made.manifest.digest}`), image);
  assertClean(1);
});

test("an index's image for this machine is pulled, and named by the index", async (t) => {
  const mine = await makeImage(layers);
  const inner = { schemaVersion: 2, manifests: [{ ...descriptorOf(mine.manifest), platform }] };
  const type = "application/vnd.docker.distribution.manifest.list.v2+json";
  const index = blobOf(type, inner);
  const image: MadeImage = { ...mine, manifest: index, blobs: [index, ...mine.blobs] };
  const registry = await startRegistry(t, { "app:latest": image }, { noDigests: true });
  const store = new FolderImageStore({
    folder: join(temporaryFolder(t), "s"),
    platform,
    registry: createRegistry({ agent: "test" }),
  });
  const pulled = await store.pull(`${registry.host}/app`, { credentials: [], signal: new AbortController().signal });
  assert.equal(pulled.repoDigest, `${registry.host}/app@${index.digest}`);
  assert.equal(pulled.id, mine.config.digest);
});

for (const auth of ["basic", "token"] as const)
  test(`a registry that asks for a name (${auth}) is shown the credentials that are for it, until it takes one`, async (t) => {
    const { pull, name, credential, host, assertClean } = await setting(t, { auth });
    const denied =
      `failed to pull and unpack image "${name}": failed to resolve reference "${name}": ` +
      "pull access denied, repository does not exist or may require authorization: server message: UNAUTHORIZED: ";
    const wrong = credential("wrong");
    for (const credentials of [[], [credential("secret", "ghcr.io")], [wrong]])
      await assert.rejects(pull(name, credentials), (error: Error & { reason?: string }) => {
        assert.equal(error.reason, "ErrImagePull");
        assert.ok(error.message.startsWith(denied), error.message);
        assert.ok(!/secret|wrong|bWU6/.test(error.message));
        return true;
      });
    assertClean(0);
    assert.ok(await pull(name, [wrong, credential("secret", `${host}/org`)]));
    assertClean(1);
  });

test("who was given an image may use it, nobody else", async (t) => {
  const { pull, name, credential, store, host, made, assertClean } = await setting(t, { auth: "token" });
  const good = credential("secret");
  await pull(name, [credential("wrong"), good]);
  const names = [name, `${host}/org/app@${made.manifest.digest}`];
  const byWhom: readonly (readonly [readonly RegistryCredential[], boolean])[] = [
    [[good], true],
    [[credential("wrong")], false],
    [[{ ...good, registry: "ghcr.io" }], false],
    [[credential("wrong"), good], true],
    [[], false],
  ];
  for (const [credentials, wanted] of byWhom)
    for (const each of names) assert.equal(await store.mayUse(each, credentials), wanted, each);
  assert.equal(await store.mayUse(made.config.digest, [good]), false);
  await assert.rejects(pull(name, []), /pull access denied/);
  assert.equal(await store.mayUse(name, [good]), true);
  assertClean(1);
});

test("what a registry gives to anybody, anybody may use", async (t) => {
  const { pull, name, store, made } = await setting(t);
  await pull(name);
  for (const each of [name, made.config.digest]) assert.equal(await store.mayUse(each, []), true);
});

test("a pull that several ask for is one, by three layers at once, and is given up when none waits", async (t) => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const isLayer = ({ mediaType }: Blob) => mediaType.includes("layer");
  const { pull, name, asked, made, mostAtOnce, assertClean } = await setting(t, {
    before: async (blob) => await (isLayer(blob) ? opened : undefined),
  });
  const waiting = () => asked.filter((request) => request.includes("/blobs/")).length;
  const impatient = new AbortController();
  const pulls = [pull(name), pull(name, [], impatient.signal), pull(name)];
  while (waiting() < 4) await new Promise((resolve) => setTimeout(resolve, 5));
  impatient.abort(new Error("gone"));
  await assert.rejects(pulls[1] as Promise<unknown>, /gone/);
  open();
  const [first, , third] = await Promise.allSettled(pulls);
  assert.deepEqual(third, first);
  assert.equal(mostAtOnce(), 3);
  for (const { digest } of made.layers) assert.equal(asked.filter((request) => request.endsWith(digest)).length, 1);
  assertClean(1);
});

test("a pull that all have given up leaves nothing", async (t) => {
  const { pull, name, asked, assertClean } = await setting(t, {
    before: ({ mediaType }) => (mediaType.includes("layer") ? new Promise(() => {}) : Promise.resolve()),
  });
  const given = new AbortController();
  const pulled = pull(name, [], given.signal);
  while (!asked.some((request) => request.includes("/blobs/"))) await new Promise((resolve) => setTimeout(resolve, 5));
  given.abort(new Error("the pod is gone"));
  await assert.rejects(pulled, /the pod is gone/);
  for (let tries = 0; tries < 200; tries++) {
    try {
      assertClean(0);
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  assertClean(0);
});

const ofLayer = (
  change: (blob: Blob, response: Parameters<NonNullable<FakeRegistryOptions["tamper"]>>[1]) => void,
) => ({
  tamper: (blob: Blob, response: Parameters<NonNullable<FakeRegistryOptions["tamper"]>>[1]) => {
    if (!blob.mediaType.includes("layer")) return false;
    change(blob, response);
    return true;
  },
});

const damages: readonly (readonly [what: string, options: FakeRegistryOptions, message: RegExp])[] = [
  [
    "a layer of other bytes",
    ofLayer(({ bytes }, response) => response.end(Buffer.alloc(bytes.length, 1))),
    /the blob sha256:\w{64} is sha256:\w{64}$/,
  ],
  [
    "a layer that is too short",
    ofLayer(({ bytes }, response) => response.end(bytes.subarray(1))),
    /the blob sha256:\w{64} has \d+ bytes, not \d+$/,
  ],
  [
    "a layer that is too long",
    ofLayer(({ bytes }, response) => response.end(Buffer.concat([bytes, Buffer.alloc(100_000)]))),
    /more than \d+ bytes were sent$/,
  ],
  [
    "a layer that breaks off",
    ofLayer(({ bytes }, response) => {
      response.setHeader("content-length", bytes.length);
      response.write(bytes.subarray(0, 10), () => response.destroy());
    }),
    /the connection was closed$/,
  ],
  [
    "another manifest than is told",
    {
      tamper: ({ mediaType }, response) => {
        if (!mediaType.includes("manifest")) return false;
        response.end('{"schemaVersion":2}');
        return true;
      },
    },
    /what was sent for sha256:\w+ is sha256:/,
  ],
  [
    "another configuration",
    {
      tamper: ({ mediaType, bytes }, response) => {
        if (!mediaType.includes("config")) return false;
        response.end(Buffer.alloc(bytes.length, 32));
        return true;
      },
    },
    /what was sent for sha256:\w+ is sha256:/,
  ],
  [
    "a registry that has had enough",
    { status: (path) => (path.includes("manifests") ? 429 : undefined) },
    /HTTP status 429: server message: TOOMANYREQUESTS: slow down$/,
  ],
];

for (const [what, options, message] of damages)
  test(`a pull fails with one line, and nothing stays: ${what}`, async (t) => {
    const { pull, name, assertClean } = await setting(t, options);
    await assert.rejects(pull(name), (error: Error & { reason?: string }) => {
      assert.equal(error.reason, "ErrImagePull");
      assert.ok(error.message.startsWith(`failed to pull and unpack image "${name}": `));
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
    assertClean(0);
  });

test("an image that is not there, and a registry that is not", async (t) => {
  const { pull, host, assertClean } = await setting(t);
  await assert.rejects(pull(`${host}/org/app:2`), {
    message: `failed to pull and unpack image "${host}/org/app:2": failed to resolve reference "${host}/org/app:2": ${host}/org/app:2: not found`,
  });
  const free = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => free.once("listening", resolve));
  const { port } = free.address() as { port: number };
  await new Promise((resolve) => free.close(resolve));
  await assert.rejects(pull(`localhost:${port}/x`), {
    message: new RegExp(
      `^failed to pull and unpack image "localhost:${port}/x:latest": failed to resolve reference "localhost:${port}": ` +
        `failed to do request: Get "https://localhost:${port}/v2/": connection refused$`,
    ),
  });
  assertClean(0);
});

test("a registry of another machine must have a certificate; insecure ones, and this machine's, need none", async (t) => {
  const life = { now: Date.now(), days: 2 };
  const ca = await createCa("CN=authority", life);
  // An address that leads here and is not this machine's by name.
  const tls = await createLeaf(ca, "CN=registry", life, { names: [], addresses: ["0.0.0.0"] });
  const { registry, made } = await setting(t, { tls });
  const elsewhere = `0.0.0.0:${registry.port}`;
  const pullBy = async (host: string, client: Partial<RegistryClientOptions>) => {
    const store = new FolderImageStore({
      folder: join(temporaryFolder(t), "s"),
      platform,
      registry: createRegistry({ agent: "test", ...client }),
    });
    return (await store.pull(`${host}/org/app:1`, { credentials: [], signal: new AbortController().signal })).id;
  };
  await assert.rejects(pullBy(elsewhere, {}), /: its certificate is of no authority that is known here$/);
  assert.equal(await pullBy(elsewhere, { authorities: ca.certificate }), made.config.digest);
  assert.equal(await pullBy(elsewhere, { insecureRegistries: [elsewhere] }), made.config.digest);
  assert.equal(await pullBy(registry.host, {}), made.config.digest);
  const plain = await startRegistry(t, { "org/app:1": made });
  await assert.rejects(pullBy(`0.0.0.0:${plain.port}`, {}), /failed to do request: Get "https:/);
  assert.equal(
    await pullBy(`0.0.0.0:${plain.port}`, { insecureRegistries: [`0.0.0.0:${plain.port}`] }),
    made.config.digest,
  );
});

const matches: readonly (readonly [image: string, registry: string, isFor: boolean])[] = [
  ["busybox", "https://index.docker.io/v1/", true],
  ["busybox", "docker.io", true],
  ["busybox", "ghcr.io", false],
  ["ghcr.io/org/app", "https://ghcr.io/v2", true],
  ["ghcr.io/org/app", "ghcr.io/org", true],
  ["ghcr.io/org/app", "ghcr.io/or", false],
  ["ghcr.io/org/app", "ghcr.io/other/app", false],
  ["eu.gcr.io/p/app", "*.gcr.io", true],
  ["a.b.gcr.io/p/app", "*.gcr.io", false],
  ["gcr.io/p/app", "*.gcr.io", false],
  ["localhost:5000/app", "localhost:5000", true],
  ["localhost:5000/app", "localhost:5001", false],
  ["evil.io/ghcr.io/app", "ghcr.io", false],
  ["ghcrxio.example/app", "ghcr.io", false],
];

for (const [image, registry, isFor] of matches)
  test(`credentials of ${registry} are ${isFor ? "" : "not "}for ${image}`, () => {
    const credential = { registry, username: "u", password: "p" };
    assert.deepEqual(credentialsFor(parseImageName(image), [credential]), isFor ? [credential] : []);
  });

test("the credentials for the longest path come first", () => {
  const places = ["ghcr.io", "ghcr.io/org/app", "ghcr.io/org"].map((registry) => ({
    registry,
    username: "",
    password: "",
  }));
  const found = credentialsFor(parseImageName("ghcr.io/org/app:1"), places).map(({ registry }) => registry);
  assert.deepEqual(found, ["ghcr.io/org/app", "ghcr.io/org", "ghcr.io"]);
});

const digest = `sha256:${"a".repeat(64)}`;
for (const [text, ...parts] of [
  ["busybox", "docker.io", "library/busybox", "latest"],
  ["busybox:1.36", "docker.io", "library/busybox", "1.36"],
  ["org/app", "docker.io", "org/app", "latest"],
  ["index.docker.io/app", "docker.io", "library/app", "latest"],
  ["localhost/app", "localhost", "app", "latest"],
  ["localhost:5000/a/b:v1", "localhost:5000", "a/b", "v1"],
  ["[::1]:5000/a", "[::1]:5000", "a", "latest"],
  [`ghcr.io/a:v1@${digest}`, "ghcr.io", "a", digest],
] as const)
  test(`image name: ${text}`, () => {
    const { registry, repository, tag, digest: found } = parseImageName(text);
    assert.deepEqual([registry, repository, found ?? tag], parts);
  });

for (const text of [
  "",
  "App",
  "a:",
  "a b",
  "a/../b",
  "-a",
  "a@sha256:12",
  `a@md5:${"a".repeat(32)}`,
  "https://r/a",
  "a\n",
])
  test(`no image name: ${JSON.stringify(text)}`, () =>
    assert.throws(() => parseImageName(text), { reason: "InvalidImageName", message: /^couldn't parse image name "/ }));
