import { mkdirSync, realpathSync, type Stats, statSync, writeFileSync } from "node:fs";

interface HostPathType {
  readonly word: string;
  readonly isA: (found: Stats) => boolean;
  readonly make?: (path: string) => void;
}

const isDirectory = (found: Stats): boolean => found.isDirectory();
const isFile = (found: Stats): boolean => found.isFile();
const makeDirectory = (path: string): void => {
  mkdirSync(path, { recursive: true, mode: 0o755 });
};

/** core/v1 HostPathType. */
const types: { readonly [type: string]: HostPathType } = {
  // containerd makes what is not there.
  "": { word: "path", isA: () => true, make: makeDirectory },
  DirectoryOrCreate: { word: "directory", isA: isDirectory, make: makeDirectory },
  Directory: { word: "directory", isA: isDirectory },
  FileOrCreate: { word: "file", isA: isFile, make: (path) => writeFileSync(path, "", { flag: "wx", mode: 0o644 }) },
  File: { word: "file", isA: isFile },
  Socket: { word: "socket file", isA: (found) => found.isSocket() },
  CharDevice: { word: "character device", isA: (found) => found.isCharacterDevice() },
  BlockDevice: { word: "block device", isA: (found) => found.isBlockDevice() },
};

/** The real path of a hostPath volume, of the type that was asked for. Throws `Error` in kubelet's words. pkg/volume/hostpath: checkType */
export function hostPathOf({ path, type = "" }: { readonly path: string; readonly type?: string }): string {
  const wanted = types[type];
  if (wanted === undefined) throw new Error(`${type} is an invalid volume type`);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) wanted.make?.(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || !wanted.isA(found))
    throw new Error(`hostPath type check failed: ${path} is not a ${wanted.word}`);
  return realpathSync(path);
}
