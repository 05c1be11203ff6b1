import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";

const root = "/sys/fs/cgroup";

/** The cgroup under which all pods of a node lie. */
export function nodeCgroup(tag: string): string {
  return `/sallyport-${tag}`;
}

/** Takes away a cgroup and those in it, under each controller. What still has processes stays, and is no fault. */
export async function removeCgroups(path: string): Promise<void> {
  const controllers = await readdir(root).catch(() => [] as string[]);
  for (const place of [join(root, path), ...controllers.map((each) => join(root, each, path))]) await removeTree(place);
}

async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  await rmdir(folder).catch(() => {});
}
