import { execFile } from "node:child_process";
import { readFile, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { GuestKernel } from "./guest-kernel.ts";
import { agentScript, guestPrograms, initScript } from "./guest-scripts.ts";
import { type ArchiveEntry, cpioArchive, fileMode, folderMode, programMode } from "./initramfs.ts";
import { moduleData } from "./kernel-module.ts";

const run = promisify(execFile);

/** The first file system of a guest: programs of this machine with their libraries, the kernel's modules, and our scripts. */
export async function guestFiles({ modules }: GuestKernel): Promise<Buffer> {
  const files = new Map<string, ArchiveEntry>();
  const add = (path: string, mode: number, data: Uint8Array) => files.set(path, { path, mode, data });
  for (const name of guestPrograms) await addProgram(name, await placeOf(name), add);
  // What runs containers in the guest. It tells of a process that begins by a pipe, which runc would replace by a file.
  await addProgram("oci", await placeOf("crun"), add);
  for (const [i, file] of modules.entries())
    add(`modules/${String(i).padStart(3, "0")}.ko`, fileMode, await moduleData(file));
  add("init", programMode, Buffer.from(initScript));
  add("agent", programMode, Buffer.from(agentScript));
  return cpioArchive([...foldersOf([...files.keys(), "dev/null", "proc/1", "sys/1"]), ...files.values()]);
}

type Add = (path: string, mode: number, data: Uint8Array) => void;

async function addProgram(name: string, place: string, add: Add): Promise<void> {
  add(`bin/${name}`, programMode, await readFile(place));
  for (const library of await librariesOf(place)) add(library.slice(1), programMode, await readFile(library));
}

async function placeOf(name: string): Promise<string> {
  const found = await run("sh", ["-c", 'command -v "$0"', name]).catch(() => undefined);
  if (found?.stdout.startsWith("/") === true) return realpath(found.stdout.trim());
  throw new RuntimeFault("FailedCreatePodSandBox", `a guest kernel needs ${name} of this machine`);
}

/** By their paths, with the loader. One that is linked statically has none. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run("ldd", [program]).catch(() => ({ stdout: "" }));
  return [...stdout.matchAll(/(?:^|\s)(\/\S+)/gm)].map(([, path]) => path as string);
}

/** Every folder above, the outer ones first. */
function foldersOf(paths: readonly string[]): readonly ArchiveEntry[] {
  const found = new Set<string>();
  const note = (folder: string) => {
    if (folder === "." || found.has(folder)) return;
    note(dirname(folder));
    found.add(folder);
  };
  for (const path of paths) note(dirname(path));
  return [...found].map((path) => ({ path, mode: folderMode }));
}
