import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { removeCgroup } from "../runtime/cgroup.ts";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import { removeMounts } from "../sandbox/namespaces.ts";
import { removeRules } from "../sandbox/service-proxy.ts";
import { tool } from "../tool.ts";

export interface SweepPlace {
  /** The node's folder: absolute, and no symlink. */
  readonly folder: string;
  readonly tag: string;
}

/**
 * Takes away all that a node of this folder has left on the machine: containers, mounts, namespaces, cgroups, links, routes and rules.
 * After a stop there is little; after a crash, everything.
 */
export async function sweep(
  { folder, tag }: SweepPlace,
  runtimes: ReadonlyMap<string, ContainerRuntime>,
): Promise<void> {
  for (const runtime of runtimes.values()) {
    const left = await runtime.list().catch(() => []);
    for (const id of left) await runtime.delete(id).catch(() => {});
    await runtime.close?.().catch(() => {});
  }
  await removeMounts(runFolder(tag));
  await removeMounts(join(folder, "pods"));
  await removeRules(`sallyport_${tag}`);
  for (const link of await linksOf(tag)) await tool("ip", ["link", "del", link]).catch(() => {});
  await removeCgroup(nodeCgroup(tag));
}

/**
 * Where a node's pods lie for their containers. The data itself is in the node's folder, to which nobody but root has a way: containers
 * with users of their own must get through to their file systems.
 */
export function runFolder(tag: string): string {
  return `/run/sallyport-${tag}`;
}

/** Has the pods of a node's folder at their place below /run. */
export async function openRunFolder({ folder, tag }: SweepPlace): Promise<void> {
  const pods = join(folder, "pods");
  for (const each of [pods, runFolder(tag)]) await mkdir(each, { recursive: true, mode: 0o711 });
  await tool("mount", ["--bind", pods, runFolder(tag)]);
}

/** The cgroup under which all pods of a node lie. */
export function nodeCgroup(tag: string): string {
  return `/sallyport-${tag}`;
}

async function linksOf(tag: string): Promise<readonly string[]> {
  const names = await readdir("/sys/class/net").catch(() => [] as string[]);
  return names.filter((name) => name.startsWith(`sp${tag}`));
}
