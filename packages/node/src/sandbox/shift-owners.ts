import { chmod, lchown, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** The bits that the kernel takes from a file whose owner changes. */
const setIdBits = 0o6000;

/** Gives each file of a tree that nobody else is in to the user and the group of the same number in a range that begins at `first`. */
export async function shiftOwners(folder: string, first: number): Promise<void> {
  const { uid, gid, mode } = await lstat(folder);
  await lchown(folder, first + uid, first + gid);
  if ((mode & setIdBits) !== 0) await chmod(folder, mode & 0o7777);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await shiftOwners(path, first);
    else await shiftFile(path, first);
  }
}

async function shiftFile(path: string, first: number): Promise<void> {
  const stat = await lstat(path);
  // A hard link to one that has its new owner already.
  if (stat.uid >= first) return;
  await lchown(path, first + stat.uid, first + stat.gid);
  if (!stat.isSymbolicLink() && (stat.mode & setIdBits) !== 0) await chmod(path, stat.mode & 0o7777);
}
