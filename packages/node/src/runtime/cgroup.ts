import { readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "../bundle/machine.ts";

/** Where cgroups are mounted on every Linux. */
export const cgroupRoot = "/sys/fs/cgroup";

/** Where version 2 lies beside version 1, without controllers; undefined where it does not. */
export async function hybridMount(): Promise<string | undefined> {
  if ((await cgroupLayout()) !== "hybrid") return undefined;
  return (await cgroupMounts()).find(([, , type]) => type === "cgroup2")?.[1];
}

/** Version 2 alone, version 1 alone, or both, with the controllers in version 1. */
export async function cgroupLayout(): Promise<Machine["cgroups"]> {
  const types = await cgroupMounts();
  if (types.some(([, place, type]) => place === cgroupRoot && type === "cgroup2")) return "v2";
  return types.some(([, , type]) => type === "cgroup2") ? "hybrid" : "v1";
}

async function cgroupMounts(): Promise<readonly (readonly string[])[]> {
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => line.split(" "));
  return mounts.filter(([, place = ""]) => place === cgroupRoot || place.startsWith(`${cgroupRoot}/`));
}

/** Takes away a cgroup that holds no process, with those below it, in all hierarchies. What is busy stays. */
export async function removeCgroup(path: string): Promise<void> {
  const isUnified = (await cgroupLayout()) === "v2";
  const hierarchies = isUnified
    ? [cgroupRoot]
    : (await readdir(cgroupRoot).catch(() => [])).map((each) => join(cgroupRoot, each));
  await Promise.all(hierarchies.map((each) => removeTree(join(each, path))));
}

async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  // The files of a cgroup go with it.
  await rmdir(folder).catch(() => {});
}
