import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RuntimeFault } from "../runtime/container-runtime.ts";

/** A Linux kernel that a virtual machine can boot, and what it must load to be of use to us. */
export interface GuestKernel {
  /** The image: `/boot/vmlinuz-6.1.0-56-cloud-amd64`. */
  readonly file: string;
  readonly version: string;
  /** Files, in the order in which they are to be loaded. */
  readonly modules: readonly string[];
}

/** Variables of the environment. */
export interface Environment {
  readonly [name: string]: string | undefined;
}

/** Names a kernel that is to be taken; its modules lie in `../lib/modules/VERSION` of its folder, as a package has them. */
export const kernelVariable = "SALLYPORT_GUEST_KERNEL";

/** Where distributions install the machine's own kernels, and Kata Containers those of guests. */
const folders = ["/boot", "/opt/kata/share/kata-containers", "/usr/share/kata-containers"];

/** Devices of a machine without firmware and disks: a bus, channels, a link, a shared folder. */
const needed = ["virtio_pci", "virtio_console", "virtio_net", "virtiofs"];

/** The kernel that is named, or else the newest that has all that is needed. Rejects with a `RuntimeFault` that says what is missing. */
export async function findGuestKernel(
  environment: Environment,
  places: readonly string[] = folders,
): Promise<GuestKernel> {
  const named = environment[kernelVariable];
  if (named !== undefined && named !== "") return guestKernel(named);
  const files = (await Promise.all(places.map(kernelsIn))).flat();
  if (files.length === 0)
    throw noKernel(`no kernel for guests in ${places.join(", ")}: install one, or name it by ${kernelVariable}`);
  const faults: string[] = [];
  for (const file of files) {
    const found = await guestKernel(file).catch((error: Error) => error.message);
    if (typeof found !== "string") return found;
    faults.push(found);
  }
  throw noKernel(faults.join("; "));
}

function noKernel(message: string): RuntimeFault {
  return new RuntimeFault("FailedCreatePodSandBox", message);
}

/** The newest first. */
async function kernelsIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^vmlinu[xz][-.]/.test(name));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(folder, name))).mtimeMs })),
  );
  return dated.sort((a, b) => b.time - a.time).map(({ name }) => join(folder, name));
}

async function guestKernel(file: string): Promise<GuestKernel> {
  if (!(await stat(file).catch(() => undefined))?.isFile()) throw noKernel(`${file}: no kernel is there`);
  const version = basename(file).replace(/^vmlinu[xz][-.]/, "");
  const folder = join(dirname(file), "../lib/modules", version);
  const list = await readFile(join(folder, "modules.dep"), "utf8").catch(() => undefined);
  if (list === undefined) {
    // Kata's have all built in, and no modules.
    if (version.endsWith("container")) return { file, version, modules: [] };
    throw noKernel(`${file}: no ${folder}/modules.dep, as depmod writes it`);
  }
  const builtIn = await readFile(join(folder, "modules.builtin"), "utf8").catch(() => "");
  return { file, version, modules: modulesOf(list, builtIn, version).map((each) => join(folder, each)) };
}

/** Those that are needed, after those that they need. https://man7.org/linux/man-pages/man5/modules.dep.5.html */
function modulesOf(list: string, builtIn: string, version: string): readonly string[] {
  const needs = new Map(
    list.split("\n").flatMap((line) => {
      const [module = "", others = ""] = line.split(":");
      return module === "" ? [] : [[module, others.trim().split(" ").filter(Boolean)] as const];
    }),
  );
  const byName = new Map([...needs.keys()].map((module) => [nameOf(module), module]));
  const inKernel = new Set(builtIn.split("\n").map(nameOf));
  const ordered = new Set<string>();
  for (const name of needed) {
    const module = byName.get(name);
    if (module !== undefined) {
      // The file has the nearest first, each with what it needs behind it.
      for (const each of [...(needs.get(module) ?? [])].reverse()) ordered.add(each);
      ordered.add(module);
    } else if (!inKernel.has(name)) throw noKernel(`kernel ${version} has no ${name}`);
  }
  return [...ordered];
}

/** As modules are named whatever their files are: `kernel/fs/fuse/virtiofs.ko.xz` is virtiofs. */
function nameOf(module: string): string {
  return basename(module)
    .replace(/\.ko(\.\w+)?$/, "")
    .replaceAll("-", "_");
}
