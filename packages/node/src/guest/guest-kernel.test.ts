import assert from "node:assert/strict";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../image/image.fixture.ts";
import { findGuestKernel, kernelVariable } from "./guest-kernel.ts";

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
    message: `no kernel for guests in ${places[0]}: install one, or name it by SALLYPORT_GUEST_KERNEL`,
  });
  const poor = install(root, "7.0", { "modules.dep": modules });
  await assert.rejects(findGuestKernel({}, places), { message: "kernel 7.0 has no virtiofs" });
  const bare = install(root, "6.9", {});
  await assert.rejects(findGuestKernel({}, places), {
    message: new RegExp(`^${bare}: no ${root}/lib/modules/6.9/modules.dep, as depmod writes it; kernel 7.0 has no`),
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
