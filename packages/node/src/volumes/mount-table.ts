import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

/** What is mounted on this machine. Each rejects with an `Error` of one line. */
export interface MountTable {
  readonly tmpfs: (place: string, sizeBytes: bigint | undefined) => Promise<void>;
  /** `source` may be `/proc/PID/fd/N`: what was opened is mounted, whatever its path leads to by now. */
  readonly bind: (source: string, place: string) => Promise<void>;
  readonly unmount: (place: string) => Promise<void>;
  /** The mount points that lie below a folder or at it; the last one mounted first. */
  readonly below: (folder: string) => readonly string[];
}

/** Longer takes no mount but one that hangs. */
const mountMs = 30_000;

/** By the programs `mount` and `umount`, of util-linux for bind mounts. */
export function commandMounts(): MountTable {
  // Linux 6.4 keeps a tmpfs out of the swap; older ones do not know the word.
  let noswap: readonly string[] = ["noswap"];
  const tmpfs = async (place: string, sizeBytes: bigint | undefined): Promise<void> => {
    const size = sizeBytes === undefined ? [] : [`size=${sizeBytes}`];
    const mount = (options: readonly string[]) =>
      run("mount", ["-t", "tmpfs", ...(options.length === 0 ? [] : ["-o", options.join(",")]), "tmpfs", place]);
    if (noswap.length === 0) return await mount(size);
    await mount([...size, ...noswap]).catch(async () => {
      await mount(size);
      noswap = [];
    });
  };
  return {
    tmpfs,
    bind: (source, place) => run("mount", ["--no-canonicalize", "--bind", source, place]),
    // What is still in use goes when it is not.
    unmount: (place) => run("umount", [place]).catch(() => run("umount", ["--lazy", place])),
    below: (folder) => mountPointsBelow(readFileSync("/proc/self/mountinfo", "utf8"), folder),
  };
}

/** proc_pid_mountinfo(5): the fifth field, with blanks as octal numbers. */
export function mountPointsBelow(mountinfo: string, folder: string): readonly string[] {
  return mountinfo
    .split("\n")
    .map((line) =>
      (line.split(" ")[4] ?? "").replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((place) => place === folder || place.startsWith(`${folder}/`))
    .reverse();
}

async function run(program: string, parameters: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, parameters, { timeout: mountMs });
  } catch (error) {
    const { stderr = "", code } = error as { readonly stderr?: string; readonly code?: unknown };
    const said =
      stderr.trim().split("\n")[0] || (code === "ENOENT" ? "there is no such program" : (error as Error).message);
    throw new Error(`${program} failed: ${said}`);
  }
}
