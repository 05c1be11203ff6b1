import { randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, open, readdir, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RenderedFile } from "./render-files.ts";

/** What stands before names of our own in a folder. */
const own = "..";
const current = "..data";
const next = "..data_tmp";

/**
 * Puts files into a folder so that who reads it sees all of them as they were, or all as they are, as the kubelet does with Secrets: they lie
 * in a folder of their own, `..data` leads there, and names in the folder lead through it. What was there of an earlier time goes. Rejects
 * with errors of the file system.
 */
export async function writeAtomically(folder: string, files: readonly RenderedFile[]): Promise<void> {
  const inside = `${own}${new Date().toISOString().replace(/[-:.]/g, "_")}_${randomBytes(4).toString("hex")}`;
  const target = join(folder, inside);
  const before = await readlink(join(folder, current)).catch(() => undefined);
  try {
    await makeFolder(target);
    for (const file of files) await writeInto(target, file);
    await rm(join(folder, next), { force: true });
    await symlink(inside, join(folder, next));
    await rename(join(folder, next), join(folder, current));
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    throw error;
  }
  await lead(folder, new Set(files.map(({ path }) => path.split("/")[0] as string)));
  if (before?.startsWith(own) === true) await rm(join(folder, before), { recursive: true, force: true });
}

/** Where a folder is a group's, as volumes with fsGroup are, what is made in it is so, too. */
const ofGroup = 0o2000;

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o755, recursive: true });
  const { mode } = await stat(path);
  // A process's mask takes from the mode of what it makes; changing it would take the group.
  await chmod(path, 0o755 | (mode & ofGroup));
}

async function writeInto(target: string, { path, mode, contents }: RenderedFile): Promise<void> {
  const place = join(target, path);
  const names = path.split("/").slice(0, -1);
  for (const [i] of names.entries()) {
    await makeFolder(join(target, ...names.slice(0, i + 1)));
  }
  // Nobody reads it before its mode is the one that was asked for.
  const file = await open(place, "wx", 0o600);
  try {
    await file.writeFile(contents);
    await file.chmod(mode);
  } finally {
    await file.close();
  }
}

/** Names in the folder: those of files that are there lead through `..data`, those of files that are gone go. */
async function lead(folder: string, names: ReadonlySet<string>): Promise<void> {
  for (const name of names) {
    const place = join(folder, name);
    const to = join(current, name);
    if ((await readlink(place).catch(() => undefined)) === to) continue;
    // A file that somebody has put there is not ours to take.
    if ((await lstat(place).catch(() => undefined)) !== undefined)
      throw new Error(`${place}: is there already, and was not made here; the folder must be empty at first`);
    await symlink(to, place);
  }
  for (const name of await readdir(folder)) {
    if (name.startsWith(own) || names.has(name)) continue;
    const to = await readlink(join(folder, name)).catch(() => "");
    if (dirname(to) === current) await rm(join(folder, name));
  }
}
