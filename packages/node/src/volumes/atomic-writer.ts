import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Payload, ProjectedFile } from "./payload.ts";

/** Where the files of a volume lie; a symlink to a folder of their own, which is changed by one rename. */
const dataName = "..data";
const newDataName = "..data_tmp";

/** Linux' NAME_MAX and PATH_MAX. */
const nameBytes = 255;
const pathBytes = 4096;

/**
 * Puts files into a folder so that who reads them sees all of the old ones or all of the new: what is seen in the folder are symlinks by
 * way of `..data`. `setOwners` is called for the whole folder before that changes. False when the files are there already. Throws `Error`
 * in kubelet's words for a path that no volume may have. pkg/volume/util: AtomicWriter
 */
export function writeAtomically(folder: string, payload: Payload, setOwners: () => void): boolean {
  for (const path of payload.keys()) checkPath(path);
  const data = join(folder, dataName);
  const old = readLink(data);
  const oldPaths = old === undefined ? [] : filesOf(join(folder, old));
  const isSame = old !== undefined && hasFiles(join(folder, old), oldPaths, payload);
  if (!isSame) {
    const made = mkdtempSync(join(folder, `..${timestamp()}.`));
    chmodSync(made, 0o755);
    for (const [path, file] of payload) writeProjected(join(made, path), made, file);
    setOwners();
    rmSync(join(folder, newDataName), { force: true });
    symlinkSync(made.slice(folder.length + 1), join(folder, newDataName));
    renameSync(join(folder, newDataName), data);
  }
  linkVisible(folder, payload);
  unlinkOthers(folder, payload, oldPaths);
  sweepOld(folder);
  return !isSame;
}

function checkPath(path: string): void {
  if (path === "") throw new Error('invalid path: must not be empty: ""');
  if (path.startsWith("/")) throw new Error(`invalid path: must be relative path: ${path}`);
  if (Buffer.byteLength(path) > pathBytes)
    throw new Error(`invalid path: must be less than or equal to ${pathBytes} characters`);
  const names = path.split("/");
  if (names.includes("..")) throw new Error(`invalid path: must not contain '..': ${path}`);
  if (names.some((name) => Buffer.byteLength(name) > nameBytes))
    throw new Error(`invalid path: filenames must be less than or equal to ${nameBytes} characters`);
  if (path.startsWith("..")) throw new Error(`invalid path: must not start with '..': ${path}`);
}

function writeProjected(place: string, root: string, { data, mode, uid }: ProjectedFile): void {
  // Not by mkdir's own mode, which a umask may narrow.
  for (const parent of parentsOf(place, root)) {
    mkdirSync(parent, { recursive: true });
    chmodSync(parent, 0o755);
  }
  writeFileSync(place, data, { mode: 0o600 });
  chmodSync(place, mode);
  if (uid !== undefined) chownSync(place, uid, -1);
}

function parentsOf(place: string, root: string): readonly string[] {
  const parents: string[] = [];
  for (let parent = dirname(place); parent.length > root.length; parent = dirname(parent)) parents.unshift(parent);
  return parents;
}

/** By the first name of each path. */
function linkVisible(folder: string, payload: Payload): void {
  for (const path of payload.keys()) {
    const name = path.split("/")[0] as string;
    if (readLink(join(folder, name)) !== undefined) continue;
    // A mount point of another volume was made here: it stays.
    if (lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined) continue;
    symlinkSync(join(dataName, name), join(folder, name));
  }
}

function unlinkOthers(folder: string, payload: Payload, oldPaths: readonly string[]): void {
  const wanted = new Set([...payload.keys()].map((path) => path.split("/")[0]));
  for (const name of new Set(oldPaths.map((path) => path.split("/")[0] as string)))
    if (!wanted.has(name) && readLink(join(folder, name)) !== undefined) rmSync(join(folder, name));
}

/** Also what was left by a process that was killed. */
function sweepOld(folder: string): void {
  const current = readLink(join(folder, dataName));
  for (const name of readdirSync(folder))
    if (/^\.\.\d{4}_/.test(name) && name !== current) rmSync(join(folder, name), { recursive: true, force: true });
}

function hasFiles(folder: string, paths: readonly string[], payload: Payload): boolean {
  if (paths.length !== payload.size) return false;
  return paths.every((path) => {
    const file = payload.get(path);
    return file !== undefined && readFileSync(join(folder, path)).equals(file.data);
  });
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function readLink(place: string): string | undefined {
  try {
    return readlinkSync(place);
  } catch {
    return undefined;
  }
}

/** `2026_01_31_23_59_59`: of UTC. */
function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-T:]/g, "_");
}
