import type { Stats } from "node:fs";
import { lstat, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";

export interface DiskUsage {
  readonly bytes: bigint;
  readonly inodes: number;
}

export const noDisk: DiskUsage = { bytes: 0n, inodes: 0 };

const blockBytes = 512n;

/** What a file or a folder with all below it takes on its disk, as `du -x` counts it: what has several names once. What goes meanwhile is passed over. */
export async function diskUsage(place: string): Promise<DiskUsage> {
  const first = await lstat(place).catch(() => undefined);
  if (first === undefined) return noDisk;
  const seen = new Set<number>();
  let [bytes, inodes] = [0n, 0];
  const add = async (path: string, found: Stats): Promise<void> => {
    if (found.dev !== first.dev || (found.nlink > 1 && seen.has(found.ino))) return;
    seen.add(found.ino);
    bytes += BigInt(found.blocks) * blockBytes;
    inodes++;
    if (!found.isDirectory()) return;
    for (const name of await readdir(path).catch(() => [])) {
      const inner = join(path, name);
      const what = await lstat(inner).catch(() => undefined);
      if (what !== undefined) await add(inner, what);
    }
  };
  await add(place, first);
  return { bytes, inodes };
}

export function sumOf(usages: readonly DiskUsage[]): DiskUsage {
  return usages.reduce((sum, { bytes, inodes }) => ({ bytes: sum.bytes + bytes, inodes: sum.inodes + inodes }), noDisk);
}

/** A disk as a whole. */
export interface DiskSpace {
  readonly capacityBytes: bigint;
  /** For who is not root. */
  readonly availableBytes: bigint;
  readonly usedBytes: bigint;
  readonly inodes: bigint;
  readonly inodesFree: bigint;
}

/** Of the disk on which a folder lies. */
export async function diskSpace(folder: string): Promise<DiskSpace> {
  const { blocks, bavail, bfree, bsize, files, ffree } = await statfs(folder, { bigint: true });
  return {
    capacityBytes: blocks * bsize,
    availableBytes: bavail * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodes: files,
    inodesFree: ffree,
  };
}
