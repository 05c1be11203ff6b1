import { randomBytes } from "node:crypto";
import { closeSync, fchmodSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { open, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file that is there whole or as it was before, whenever the process or the machine stops: the contents reach the disk beside
 * it, then take its name. `mode` is exact, whatever the process's mask, and nobody reads the contents under another. A link stays, and
 * leads to what was written. Rejects with errors of the file system, and leaves nothing of its own then.
 */
export async function writeWhole(path: string, contents: string | Uint8Array, mode: number): Promise<void> {
  const target = await realpath(path).catch(() => path);
  const beside = nameBeside(target);
  try {
    await write(beside, contents, mode);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  const folder = await open(dirname(target), "r");
  await folder.sync().finally(() => folder.close());
}

async function write(path: string, contents: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(contents);
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** `writeWhole` for what happens once, at a start or at the end of a command. Throws what that rejects with. */
export function writeWholeSync(path: string, contents: string | Uint8Array, mode: number): void {
  const target = realPathOf(path);
  const beside = nameBeside(target);
  try {
    writeSync(beside, contents, mode);
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  withFile(dirname(target), "r", fsyncSync);
}

function writeSync(path: string, contents: string | Uint8Array, mode: number): void {
  withFile(path, "wx", (file) => {
    writeFileSync(file, contents);
    fchmodSync(file, mode);
    fsyncSync(file);
  });
}

function withFile(path: string, flags: string, act: (file: number) => void): void {
  const file = openSync(path, flags, 0o600);
  try {
    act(file);
  } finally {
    closeSync(file);
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Hidden from who takes all files of a folder that have an ending, and never the name of another writer's. */
function nameBeside(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.partial`;
}
