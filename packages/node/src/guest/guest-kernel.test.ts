import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { temporaryFolder } from "../image/image.fixture.ts";
import { findGuestKernel, kernelVariable } from "./guest-kernel.ts";
import { moduleData } from "./kernel-module.ts";

const modules = `kernel/drivers/virtio/virtio.ko:
kernel/drivers/virtio/virtio_pci.ko.xz: kernel/drivers/virtio/virtio_pci_modern_dev.ko kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio_pci_modern_dev.ko:
kernel/drivers/char/virtio_console.ko: kernel/drivers/virtio/virtio.ko
kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko kernel/net/core/failover.ko kernel/drivers/virtio/virtio.ko
`;
const builtIn = "kernel/fs/fuse/fuse.ko\nkernel/fs/fuse/virtiofs.ko\n";

/** A package's files: a kernel of a version, and what its modules are. */
function install(root: string, version: string, files: { readonly [name: string]: string }): string {
  const kernel = join(root, "boot", `vmlinuz-${version}`);
  const write = (file: string, text: string) => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  write(kernel, "");
  for (const [name, text] of Object.entries(files)) write(join(root, "lib/modules", version, name), text);
  return kernel;
}

test("a guest's kernel: modules come after those that they need, and what is built in is not loaded", async (t) => {
  const root = temporaryFolder(t);
  const file = install(root, "6.1-a", { "modules.dep": modules, "modules.builtin": builtIn });
  const found = await findGuestKernel({ [kernelVariable]: file }, []);
  assert.deepEqual(
    { ...found, modules: found.modules.map((each) => each.slice(root.length)) },
    {
      file,
      version: "6.1-a",
      modules: [
        "drivers/virtio/virtio.ko",
        "drivers/virtio/virtio_pci_modern_dev.ko",
        "drivers/virtio/virtio_pci.ko.xz",
        "drivers/char/virtio_console.ko",
        "net/core/failover.ko",
        "drivers/net/net_failover.ko",
        "drivers/net/virtio_net.ko",
      ].map((each) => `/lib/modules/6.1-a/kernel/${each}`),
    },
  );
});

test("a guest's kernel: the newest that has all, and else why there is none", async (t) => {
  const root = temporaryFolder(t);
  const places = [join(root, "boot")];
  await assert.rejects(findGuestKernel({}, places), {
    reason: "FailedCreatePodSandBox",
    message: `no kernel for guests in ${places[0]}: install one (linux-image-cloud-amd64 of Debian, linux-virtual of Ubuntu, kernel-core of Fedora), or name it by SALLYPORT_GUEST_KERNEL`,
  });
  const poor = install(root, "7.0", { "modules.dep": modules });
  await assert.rejects(findGuestKernel({}, places), { message: "kernel 7.0 has no virtiofs" });
  const bare = install(root, "6.9", {});
  await assert.rejects(findGuestKernel({}, places), {
    message: new RegExp(`^${bare}: no modules in ${root}/lib/modules/6.9; kernel 7.0 has no`),
  });
  const old = install(root, "6.1", { "modules.dep": modules, "modules.builtin": builtIn });
  for (const [file, day] of [
    [old, 1],
    [bare, 2],
    [poor, 3],
  ] as const)
    utimesSync(file, day, day);
  assert.equal((await findGuestKernel({}, places)).version, "6.1");
  // Kata's own has no modules.
  const kata = install(root, "kata.container", {});
  assert.deepEqual(await findGuestKernel({ [kernelVariable]: kata }, places), {
    file: kata,
    version: "kata.container",
    modules: [],
  });
  await assert.rejects(findGuestKernel({ [kernelVariable]: "/absent" }, places), {
    message: "/absent: no kernel is there",
  });
});

test("a guest's kernel: what gives memory back is loaded where it is there", async (t) => {
  const root = temporaryFolder(t);
  const balloon = "kernel/drivers/virtio/virtio_balloon.ko: kernel/drivers/virtio/virtio.ko\n";
  const file = install(root, "6.1-b", { "modules.dep": modules + balloon, "modules.builtin": builtIn });
  const found = await findGuestKernel({ [kernelVariable]: file }, []);
  assert.match(found.modules.at(-1) ?? "", /virtio_balloon\.ko$/);
});

test("a guest's kernel: its image tells its version, whatever the file's name is, and its modules may be beside it", async (t) => {
  const root = temporaryFolder(t);
  const write = (name: string, data: string | Buffer) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), data);
    return join(root, name);
  };
  const files = { "modules.dep": modules, "modules.builtin": builtIn };
  for (const folder of ["lib/modules/6.9.1-arch1-1", "usr/lib/modules/6.8-usr"])
    for (const [name, text] of Object.entries(files)) write(join(folder, name), text);
  const version = async (file: string) => (await findGuestKernel({ [kernelVariable]: file }, [])).version;
  assert.equal(await version(write("boot/vmlinuz-linux", image("6.9.1-arch1-1 (who@where) #1 SMP"))), "6.9.1-arch1-1");
  assert.equal(await version(write("boot/kernel", image("6.8-usr"))), "6.8-usr");
  write("lib/modules/6.9.1-arch1-1/vmlinuz", image("6.9.1-arch1-1 #1"));
  const found = await findGuestKernel({}, [join(root, "lib/modules/*")]);
  assert.equal(found.file, join(root, "lib/modules/6.9.1-arch1-1/vmlinuz"));
  assert.ok(found.modules[0]?.startsWith(join(root, "lib/modules/6.9.1-arch1-1/kernel/")));
});

test("a guest's kernel: what modules need is read from them where depmod has not run, whatever they are packed by", async (t) => {
  const root = temporaryFolder(t);
  const folder = join(root, "lib/modules/6.1-c/kernel");
  mkdirSync(folder, { recursive: true });
  const module = (depends: string) => Buffer.from(`ELF\0license=GPL\0depends=${depends}\0name=x\0`);
  writeFileSync(join(folder, "virtio.ko"), module(""));
  writeFileSync(join(folder, "virtio_ring.ko.gz"), gzipSync(module("virtio")));
  writeFileSync(join(folder, "virtio_pci.ko.zst"), zstdCompressSync(module("virtio,virtio_ring")));
  writeFileSync(join(folder, "failover.ko.xz"), execFileSync("xz", ["--stdout"], { input: module("") }));
  writeFileSync(join(folder, "virtio-net.ko"), module("failover,virtio"));
  const file = install(root, "6.1-c", {
    "modules.builtin": `${builtIn}kernel/drivers/char/virtio_console.ko\n`,
  });
  const { modules: found } = await findGuestKernel({ [kernelVariable]: file }, []);
  assert.deepEqual(
    found.map((each) => each.slice(folder.length + 1)),
    ["virtio.ko", "virtio_ring.ko.gz", "virtio_pci.ko.zst", "failover.ko.xz", "virtio-net.ko"],
  );
  const plain = await Promise.all(found.map(moduleData));
  assert.ok(plain.every((each) => each.toString().startsWith("ELF\0license=GPL\0")));
});

/** The head of a kernel's image that tells a version. */
function image(version: string): Buffer {
  const bytes = Buffer.alloc(0x1000);
  bytes.write("HdrS", 0x202);
  bytes.writeUInt16LE(0x300, 0x20e);
  bytes.write(`${version}\0`, 0x500);
  return bytes;
}
