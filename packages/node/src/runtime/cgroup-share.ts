import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "../bundle/machine.ts";
import { cgroupRoot } from "./cgroup.ts";

/** What any process or cgroup counts for, where nothing else is said: in version 1 and 2. */
const [usualShares, usualWeight] = [1024, 100];
/** The kernel's, which takes no more. */
const [maximumShares, maximumWeight] = [262_144, 10_000];

/**
 * Has a node's pods count for as many processors as it offers, as kubelets do for `kubepods`: otherwise all of them together wait as one of
 * the machine's own processes does. Nothing where the controller is not there.
 */
export async function giveShare(
  /** At the top. */
  path: string,
  cpus: number,
  layout: Machine["cgroups"],
  root: string = cgroupRoot,
): Promise<void> {
  const isUnified = layout === "v2";
  const folder = isUnified ? join(root, path) : join(root, "cpu", path);
  const file = join(folder, isUnified ? "cpu.weight" : "cpu.shares");
  const share = isUnified
    ? Math.min(Math.ceil(usualWeight * cpus), maximumWeight)
    : Math.min(Math.ceil(usualShares * cpus), maximumShares);
  try {
    if (!existsSync(folder)) await mkdir(folder);
    await writeFile(file, String(share));
  } catch {
    // Not mounted here, or not given to cgroups of ours.
  }
}
