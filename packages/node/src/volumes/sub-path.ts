import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { MountTable } from "./mount-table.ts";

/** open(2): a place to stand at, nothing to read from. Node does not name it. */
const pathOnly = 0o10000000;

/**
 * Mounts a path of a volume at a place of ours. Containers may write into the volume meanwhile: the path is walked name by name from the
 * volume's folder, a symlink that appears on the way is refused, and what was found at its end is mounted, not what the path leads to
 * later. Symlinks that are there before are followed when they stay inside. What is not there is made a folder when asked. Rejects with an `Error`.
 * pkg/volume/util/subpath
 */
export async function mountSubPath(
  volume: string,
  subPath: string,
  target: string,
  { mounts, make }: { readonly mounts: MountTable; readonly make: boolean },
): Promise<void> {
  if (make) makeMissing(volume, subPath);
  const opened = openWithin(volume, subPath);
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o750 });
    if (fstatSync(opened).isDirectory()) mkdirSync(target, { recursive: true, mode: 0o750 });
    else writeFileSync(target, "", { mode: 0o640 });
    await mounts.bind(`/proc/${process.pid}/fd/${opened}`, target);
  } finally {
    closeSync(opened);
  }
}

/** The text of a file of a volume, with the same care. Rejects with an `Error`. */
export function readWithin(volume: string, path: string, limitBytes: number): string {
  const opened = openWithin(volume, path);
  try {
    const found = fstatSync(opened);
    // Another kind of file could keep who reads it waiting.
    if (!found.isFile()) throw new Error(`${JSON.stringify(path)} is no file`);
    if (found.size > limitBytes) throw new Error(`${JSON.stringify(path)} is larger than ${limitBytes} bytes`);
    return readFileSync(`/proc/self/fd/${opened}`, "utf8");
  } finally {
    closeSync(opened);
  }
}

function openWithin(volume: string, path: string): number {
  const root = realpathSync(volume);
  const real = realpathSync(join(volume, path));
  if (real !== root && !real.startsWith(`${root}/`))
    throw new Error(`subpath ${JSON.stringify(path)} leads out of the volume`);
  return openBelow(root, real.slice(root.length).split("/"));
}

/** A descriptor of what lies at the end of these names, none of which is a symlink; the caller's to close. */
function openBelow(root: string, names: readonly string[]): number {
  let opened = openSync(root, pathOnly | constants.O_DIRECTORY);
  for (const name of names.filter((each) => each !== "")) {
    const above = opened;
    try {
      opened = openSync(below(above, name), pathOnly | constants.O_NOFOLLOW);
    } finally {
      closeSync(above);
    }
    if (fstatSync(opened).isSymbolicLink()) {
      closeSync(opened);
      throw new Error(`subpath has a symlink at ${JSON.stringify(name)} that was not there before`);
    }
  }
  return opened;
}

/** As openat(2): the kernel begins at what is open. */
function below(opened: number, name: string): string {
  return `/proc/self/fd/${opened}/${name}`;
}

/** Folders like the volume's own. Symlinks on the way are followed when they stay inside. */
function makeMissing(volume: string, subPath: string): void {
  const root = realpathSync(volume);
  const names = subPath.split("/").filter((name) => name !== "" && name !== ".");
  let real = root;
  for (const [i, name] of names.entries()) {
    const found = realPath(join(real, name));
    if (found === undefined) {
      makeFolders(root, real, names.slice(i));
      return;
    }
    if (found !== root && !found.startsWith(`${root}/`))
      throw new Error(`subpath ${JSON.stringify(subPath)} leads out of the volume`);
    real = found;
  }
}

function makeFolders(root: string, real: string, names: readonly string[]): void {
  let opened = openBelow(root, real.slice(root.length).split("/"));
  try {
    const mode = fstatSync(opened).mode & 0o7777;
    for (const name of names) {
      const place = below(opened, name);
      mkdirSync(place);
      const made = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_DIRECTORY);
      closeSync(opened);
      opened = made;
      fchmodSync(made, mode);
    }
  } finally {
    closeSync(opened);
  }
}

function realPath(place: string): string | undefined {
  try {
    return realpathSync(place);
  } catch {
    return undefined;
  }
}
