import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import { imageVersion } from "./kernel-image.ts";
import { moduleName, modulesDep } from "./kernel-module.ts";

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

/** Names a kernel that is to be taken; its modules lie beside it, or in `../lib/modules/VERSION` of its folder, as packages have them. */
export const kernelVariable = "SALLYPORT_GUEST_KERNEL";

/** Where distributions install the machine's own kernels, some of them beside their modules, and Kata Containers those of guests. */
const folders = ["/boot", "/lib/modules/*", "/opt/kata/share/kata-containers", "/usr/share/kata-containers"];

/** Devices of a machine without firmware and disks: a bus, channels, a link, a shared folder. */
const needed = ["virtio_pci", "virtio_console", "virtio_net", "virtiofs"];
/** What gives the node back what the guest no longer uses of its memory: a guest runs without it too. */
const wanted = ["virtio_balloon"];

/** The kernel that is named, or else the newest that has all that is needed. Rejects with a `RuntimeFault` that says what is missing. */
export async function findGuestKernel(
  environment: Environment,
  places: readonly string[] = folders,
): Promise<GuestKernel> {
  const named = environment[kernelVariable];
  if (named !== undefined && named !== "") return guestKernel(named);
  const files = (await Promise.all(places.map(kernelsIn))).flat();
  if (files.length === 0)
    throw noKernel(
      `no kernel for guests in ${places.join(", ")}: install one (linux-image-cloud-amd64 of Debian, linux-virtual of Ubuntu, kernel-core of Fedora), or name it by ${kernelVariable}`,
    );
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

/** The newest first. A `*` at the end of a place is each folder there. */
async function kernelsIn(place: string): Promise<readonly string[]> {
  const above = place.endsWith("/*") ? place.slice(0, -2) : undefined;
  const folders = above === undefined ? [place] : (await namesIn(above)).map((name) => join(above, name));
  const files = (await Promise.all(folders.map(imagesIn))).flat();
  const dated = await Promise.all(files.map(async (file) => ({ file, time: (await stat(file)).mtimeMs })));
  return dated.sort((a, b) => b.time - a.time).map(({ file }) => file);
}

async function imagesIn(folder: string): Promise<readonly string[]> {
  const names = (await namesIn(folder)).filter((name) => /^vmlinu[xz]([-.]|$)/.test(name));
  return names.map((name) => join(folder, name));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

async function guestKernel(file: string): Promise<GuestKernel> {
  if (!(await stat(file).catch(() => undefined))?.isFile()) throw noKernel(`${file}: no kernel is there`);
  const version = (await imageVersion(file)) ?? basename(file).replace(/^vmlinu[xz][-.]/, "");
  const places = ["../lib/modules", "../usr/lib/modules"].map((each) => join(dirname(file), each, version));
  for (const folder of [dirname(file), ...places]) {
    const written = await readFile(join(folder, "modules.dep"), "utf8").catch(() => undefined);
    const list = written ?? (await modulesDep(folder, [...needed, ...wanted]));
    if (list === undefined) continue;
    const builtIn = await readFile(join(folder, "modules.builtin"), "utf8").catch(() => "");
    return { file, version, modules: modulesOf(list, builtIn, version).map((each) => join(folder, each)) };
  }
  // Kata's have all built in, and no modules.
  if (version.endsWith("container")) return { file, version, modules: [] };
  throw noKernel(`${file}: no modules in ${places[0]}`);
}

/** Those that are needed, after those that they need. https://man7.org/linux/man-pages/man5/modules.dep.5.html */
function modulesOf(list: string, builtIn: string, version: string): readonly string[] {
  const needs = new Map(
    list.split("\n").flatMap((line) => {
      const [module = "", others = ""] = line.split(":");
      return module === "" ? [] : [[module, others.trim().split(" ").filter(Boolean)] as const];
    }),
  );
  const byName = new Map([...needs.keys()].map((module) => [moduleName(module), module]));
  const inKernel = new Set(builtIn.split("\n").map(moduleName));
  const ordered = new Set<string>();
  for (const name of [...needed, ...wanted]) {
    const module = byName.get(name);
    if (module !== undefined) {
      // The file has the nearest first, each with what it needs behind it.
      for (const each of [...(needs.get(module) ?? [])].reverse()) ordered.add(each);
      ordered.add(module);
    } else if (needed.includes(name) && !inKernel.has(name)) throw noKernel(`kernel ${version} has no ${name}`);
  }
  return [...ordered];
}
