import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import type { Snapshot } from "./backup.ts";
import { type Journal, keptEvents, RevisionedStore } from "./revisioned-store.ts";
import { type Store, type StoredValue, StoreError, type StoreEvent } from "./store.ts";

/** Raised when the layout below changes; an older program refuses a newer folder. */
const formatVersion = 2;

/** Room that the map reserves, not disk that it uses. etcd's own default quota is 2 GiB. */
const mapSize = 8 * 1024 * 1024 * 1024;

/** Bytes before a value: two revisions as float64. */
const headerBytes = 16;

/**
 * Opens the embedded store in a folder, making it when it is not there. `v/KEY` holds a value behind its revisions, `e/REVISION` an
 * event, `m/…` format and revision. Throws `StoreError`: newer format, damaged, read-only, or in use by another process.
 */
export function openLmdbStore(folder: string): Store {
  const release = lockFolder(folder);
  try {
    const database = openDatabase(folder);
    return new RevisionedStore(createJournal(database, folder, release));
  } catch (error) {
    release();
    if (error instanceof StoreError) throw error;
    throw new StoreError(
      `${folder}: the store cannot be opened (${(error as Error).message}); restore it from a backup, or name another --data folder`,
      { cause: error },
    );
  }
}

/** All keys at the newest durable revision, also while another process has the store open. Rejects with `StoreError` when there is none. */
export async function readLmdbSnapshot(folder: string): Promise<Snapshot> {
  const file = join(folder, "data.mdb");
  if (!existsSync(file)) throw new StoreError(`${folder}: no store is there; name its folder with --data`);
  checkHeader(file);
  const database = open<Buffer, string>({ path: folder, encoding: "binary", mapSize, readOnly: true, noSubdir: false });
  try {
    // LMDB reads of one turn are of one moment.
    const { revision, values } = loadAll(database);
    return { revision, values: [...values] };
  } finally {
    await database.close();
  }
}

/** Fills an empty folder with a snapshot, revisions and all; events are not in it, so watches of before list again. Rejects with `StoreError`. */
export async function restoreLmdbStore(folder: string, { revision, values }: Snapshot): Promise<void> {
  const release = lockFolder(folder);
  try {
    const database = openDatabase(folder);
    const held = database.getKeysCount({ start: "v/", end: "v0" });
    if (held > 0) {
      await database.close();
      throw new StoreError(
        `${folder}: holds ${held} keys already; restore into an empty folder, or move this one away`,
      );
    }
    await database.batch(() => {
      for (const value of values) database.put(`v/${value.key}`, encode(value));
      database.put("m/revision", Buffer.from(String(revision)));
      database.put("m/format", Buffer.from(String(formatVersion)));
    });
    await database.close();
  } finally {
    release();
  }
}

function openDatabase(folder: string): RootDatabase<Buffer, string> {
  checkHeader(join(folder, "data.mdb"));
  // Without overlappingSync a commit's promise resolves only after fsync.
  const database = open<Buffer, string>({
    path: folder,
    encoding: "binary",
    mapSize,
    overlappingSync: false,
    noSubdir: false,
  });
  const written = database.get("m/format");
  const version = written === undefined ? formatVersion : Number(written.toString());
  if (version > formatVersion) {
    throw new StoreError(
      `${folder}: written by a newer version (format ${version}, this program knows ${formatVersion}); use the newer program`,
    );
  }
  if (written !== undefined && version < formatVersion) forgetOldEvents(database);
  return database;
}

/** Format 1 kept events as JSON. Objects lie as they lay; watchers of before list again. */
function forgetOldEvents(database: RootDatabase<Buffer, string>): void {
  const keys = [...database.getKeys({ start: "e/", end: "e0" })];
  database.transactionSync(() => {
    for (const key of keys) database.remove(key);
    database.put("m/format", Buffer.from(String(formatVersion)));
  });
}

/** LMDB maps the file: a damaged one would end the process, not throw. */
function checkHeader(file: string): void {
  if (!existsSync(file)) return;
  const size = statSync(file).size;
  const head = Buffer.alloc(32);
  const handle = openSync(file, "r");
  readSync(handle, head);
  closeSync(handle);
  const magic = 0xbeefc0de;
  if (size < 8192 || (head.readUInt32LE(16) !== magic && head.readUInt32LE(24) !== magic))
    throw new StoreError(
      `${file}: damaged (not an LMDB file); restore it from a backup, or name another --data folder`,
    );
}

/** One process at a time: two would give out the same revisions. A lock of a dead process is taken over. */
function lockFolder(folder: string): () => void {
  const file = join(folder, "lock");
  try {
    makeFolder(folder);
    const [owner = 0, birth] = existsSync(file) ? readFileSync(file, "utf8").trim().split(" ").map(Number) : [];
    if (owner > 0 && owner !== process.pid && isAlive(owner, birth))
      throw new StoreError(`${folder}: in use by process ${owner}; stop it, or name another --data folder`);
    if (owner > 0) rmSync(file, { force: true });
    const handle = openSync(file, "wx", 0o600);
    writeSync(handle, `${process.pid} ${birthOf(process.pid) ?? ""}`);
    closeSync(handle);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === "EROFS"
        ? "the disk is read-only"
        : code === "EACCES"
          ? "permission denied"
          : code === "EEXIST"
            ? "in use by another process"
            : (error as Error).message;
    throw new StoreError(`${folder}: ${reason}; name another --data folder`, { cause: error });
  }
  return () => rmSync(file, { force: true });
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

function createJournal(database: RootDatabase<Buffer, string>, folder: string, release: () => void): Journal {
  return {
    load: () => loadAll(database),
    append: async (events) => {
      try {
        await database.batch(() => {
          for (const event of events) writeEvent(database, event);
          const last = events.at(-1) as StoreEvent;
          database.put("m/revision", Buffer.from(String(last.revision)));
          database.put("m/format", Buffer.from(String(formatVersion)));
        });
      } catch (error) {
        throw new StoreError(`${folder}: the write could not be made durable (${(error as Error).message})`, {
          cause: error,
        });
      }
    },
    forget: async (revision) => {
      const gone = [...database.getKeys({ start: "e/", end: eventKey(revision + 1) })];
      await database.transaction(() => {
        for (const key of gone) database.remove(key);
      });
    },
    close: async () => {
      await database.close();
      release();
    },
  };
}

function writeEvent(database: RootDatabase<Buffer, string>, { key, value, previous, revision }: StoreEvent): void {
  if (value === undefined) database.remove(`v/${key}`);
  else database.put(`v/${key}`, encode(value));
  database.put(eventKey(revision), encodeEvent(key, value, previous));
  database.remove(eventKey(revision - keptEvents));
}

function eventKey(revision: number): string {
  return `e/${String(Math.max(revision, 0)).padStart(16, "0")}`;
}

function encode({ value, createRevision, modRevision }: StoredValue): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + value.length);
  bytes.writeDoubleLE(createRevision, 0);
  bytes.writeDoubleLE(modRevision, 8);
  bytes.set(value, headerBytes);
  return bytes;
}

function decode(key: string, bytes: Buffer): StoredValue {
  return {
    key,
    createRevision: bytes.readDoubleLE(0),
    modRevision: bytes.readDoubleLE(8),
    value: Uint8Array.from(bytes.subarray(headerBytes)),
  };
}

/** Length of the key, the key, length of the value or `absent`, the value, and what is left is the previous one. */
function encodeEvent(key: string, value: StoredValue | undefined, previous: StoredValue | undefined): Buffer {
  const name = Buffer.from(key);
  const [after, before] = [value && encode(value), previous && encode(previous)];
  const head = Buffer.allocUnsafe(8);
  head.writeUInt32LE(name.length, 0);
  head.writeUInt32LE(after?.length ?? absent, 4);
  return Buffer.concat([head, name, after ?? empty, before ?? empty]);
}

const absent = 0xffffffff;
const empty = Buffer.alloc(0);

function decodeEvent(revision: number, bytes: Buffer): StoreEvent {
  const [nameLength, valueLength] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
  const key = bytes.toString("utf8", 8, 8 + nameLength);
  const start = 8 + nameLength;
  const end = start + (valueLength === absent ? 0 : valueLength);
  return {
    revision,
    key,
    value: valueLength === absent ? undefined : decode(key, bytes.subarray(start, end)),
    previous: end === bytes.length ? undefined : decode(key, bytes.subarray(end)),
  };
}

function loadAll(database: RootDatabase<Buffer, string>): ReturnType<Journal["load"]> {
  const values = [...database.getRange({ start: "v/", end: "v0" })].map(({ key, value }) =>
    decode(key.slice(2), value),
  );
  const events = [...database.getRange({ start: "e/", end: "e0" })].map(({ key, value }) =>
    decodeEvent(Number(key.slice(2)), value),
  );
  return { revision: Number(database.get("m/revision")?.toString() ?? 0), values, events };
}
