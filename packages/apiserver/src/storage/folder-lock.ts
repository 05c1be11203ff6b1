import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { StoreError } from "./store.ts";

/**
 * Makes the folder where it is not there, and this process its only user until the answered function is called: two would give out the
 * same revisions. `lock` holds the owner's number and birth; it comes into being with them in it, since a process may be killed between
 * making a file and writing it. A lock of a dead process is taken over. Throws `StoreError`.
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, "lock");
  const own = join(folder, `lock.${process.pid}`);
  try {
    makeFolder(folder);
    putAway(folder, lock, `${own}.dead`);
    writeFileSync(own, `${process.pid} ${birthOf(process.pid) ?? ""}`, { mode: 0o600 });
    linkSync(own, lock);
    // Beside its own file, those of processes that were killed right here.
    for (const name of readdirSync(folder)) if (name.startsWith("lock.") && name !== "lock.mdb") remove(folder, name);
  } catch (error) {
    rmSync(own, { force: true });
    if (error instanceof StoreError) throw error;
    const reason = reasonOf(error as NodeJS.ErrnoException);
    throw new StoreError(`${folder}: ${reason}; name another --data folder`, { cause: error });
  }
  return () => rmSync(lock, { force: true });
}

/** Moves a dead owner's lock away. Of two who do so at once the second may have moved the first one's new lock, and puts it back. */
function putAway(folder: string, lock: string, away: string): void {
  const found = read(lock);
  if (found === undefined) return;
  refuseLiving(folder, found);
  renameSync(lock, away);
  const moved = read(away) ?? "";
  if (moved !== found) linkSync(away, lock);
  rmSync(away);
  refuseLiving(folder, moved);
}

function refuseLiving(folder: string, found: string): void {
  const [owner = 0, birth] = found.trim().split(" ").map(Number);
  if (owner > 0 && owner !== process.pid && isAlive(owner, birth))
    throw new StoreError(`${folder}: in use by process ${owner}; stop it, or name another --data folder`);
}

function read(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function remove(folder: string, name: string): void {
  rmSync(join(folder, name), { force: true });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EROFS") return "the disk is read-only";
  if (code === "EACCES") return "permission denied";
  // Another process has linked its lock, or moved the dead one away, in between; or, owning it, has tidied up.
  if (code === "EEXIST" || code === "ENOENT") return "in use by another process";
  return message;
}

/** Step by step: Node's own recursive mkdir hides why it fails, and never ends below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder, { mode: 0o700 });
}

/** Alive, and born when the owner of the lock was: after a reboot another process may have its number. */
function isAlive(pid: number, birth: number | undefined): boolean {
  const now = birthOf(pid);
  if (birth !== undefined && now !== undefined && now !== birth) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process began, in ticks since the machine did; undefined where the system has no /proc. proc_pid_stat(5), field 22. */
function birthOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}
