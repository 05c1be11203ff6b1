import { lstat, mkdir, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { OciMount } from "./oci-spec.ts";

/** Where programs and their libraries lie on any Linux. */
const programFolders = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "nix"];
const emptyFolders = ["dev", "etc", "proc", "root", "sys", "tmp"];

/**
 * A file system without an image: the machine's own programs, read-only, and nothing else of it. Answers what is to be mounted in a folder
 * of the given path, which is made.
 */
export async function makeHostFiles(rootfs: string): Promise<readonly OciMount[]> {
  for (const each of emptyFolders) await mkdir(join(rootfs, each), { recursive: true });
  const mounts: OciMount[] = [];
  for (const each of programFolders) {
    const found = await lstat(`/${each}`).catch(() => undefined);
    if (found?.isSymbolicLink() === true) await symlink(await readlink(`/${each}`), join(rootfs, each));
    else if (found?.isDirectory() === true) {
      await mkdir(join(rootfs, each));
      const options = ["rbind", "rprivate", "ro", "nosuid", "nodev"];
      mounts.push({ destination: `/${each}`, type: "bind", source: `/${each}`, options });
    }
  }
  return mounts;
}
