import { readdir, readFile, stat } from "node:fs/promises";
import { arch, release, totalmem } from "node:os";
import { join } from "node:path";
import type { Machine, MachineDevice } from "../bundle/machine.ts";
import { allCapabilities } from "../security-context/capabilities.ts";
import { cgroupLayout } from "./cgroup.ts";

/** Linux' number of CAP_SYS_RESOURCE: without it no score can be lower than a process' own. */
const sysResource = "SYS_RESOURCE";

/** What this machine, and the process that asks, can give to containers. */
export async function readMachine(): Promise<Machine> {
  const capabilities = await ownCapabilities();
  const canLower = capabilities.includes(sysResource);
  return {
    memoryBytes: totalmem(),
    kernel: release(),
    architecture: arch(),
    capabilities,
    oomScoreFloor: canLower ? -1000 : Number(await readText("/proc/self/oom_score_adj", "0")),
    cgroups: await cgroupLayout(),
    devices: await devicesUnder("/dev"),
    hasAppArmor: (await readText("/sys/module/apparmor/parameters/enabled", "N")).trim() === "Y",
    hasSeLinux: (await readText("/sys/fs/selinux/enforce", "")) !== "",
  };
}

/** By name, of the bounding set. */
async function ownCapabilities(): Promise<readonly string[]> {
  const status = await readText("/proc/self/status", "");
  const mask = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return allCapabilities.filter((_, bit) => (mask >> BigInt(bit)) % 2n === 1n);
}

/** Deeper lies nothing that a container needs; file systems of their own have no devices of the machine. */
const maxDepth = 3;
const ownFileSystems = new Set(["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"]);

async function devicesUnder(folder: string, depth = 0): Promise<readonly MachineDevice[]> {
  if (depth > maxDepth) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: MachineDevice[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !ownFileSystems.has(entry.name)) found.push(...(await devicesUnder(path, depth + 1)));
    // The console is the container's own, where it has a terminal.
    else if ((entry.isCharacterDevice() || entry.isBlockDevice()) && path !== "/dev/console")
      found.push(await deviceAt(path, entry.isBlockDevice() ? "b" : "c"));
  }
  return found;
}

async function deviceAt(path: string, type: MachineDevice["type"]): Promise<MachineDevice> {
  const { rdev, mode, uid, gid } = await stat(path);
  // As glibc's major() and minor().
  const major = Math.floor(rdev / 256) & 0xfff;
  const minor = (rdev & 0xff) | (Math.floor(rdev / 0x1000) & 0xfff00);
  return { path, type, major, minor, fileMode: mode & 0o777, uid, gid };
}

async function readText(path: string, otherwise: string): Promise<string> {
  return readFile(path, "utf8").catch(() => otherwise);
}
