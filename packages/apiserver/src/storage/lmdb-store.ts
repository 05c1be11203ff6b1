import { closeSync, existsSync, openSync, readSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";
import type { Snapshot } from "./backup.ts";
import { lockFolder } from "./folder-lock.ts";
import { keptEvents } from "./kept-events.ts";
import { type Journal, RevisionedStore } from "./revisioned-store.ts";
import { firstUnlike } from "./snapshot.ts";
import { DiskFullError, type Store, type StoredValue, StoreError, type StoreEvent } from "./store.ts";

/** Raised when the layout below changes; an older program refuses a newer folder. */
const formatVersion = 3;

/** So many events are taken away at once when they are old enough. */
const forgottenTogether = 500;

/** Room that the map reserves, not disk that it uses. etcd's own default quota is 2 GiB. */
const mapSize = 8 * 1024 * 1024 * 1024;

/** Bytes before a value: two revisions as float64. */
const headerBytes = 16;

/**
 * Opens the embedded store in a folder, making it when it is not there. `v/KEY` holds a value behind its revisions, `e/REVISION` an
 * event, `m/…` format and revision. An event tells what it replaced; what it wrote, the next one of its key or `v/KEY` tells. Throws `StoreError`: newer format, damaged, read-only, or in use by another process.
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
    const faulty = firstUnlike(loadAll(database).values, values);
    await database.close();
    if (faulty !== undefined)
      throw new StoreError(
        `${folder}: ${faulty} is not there as it was written; check the disk, and restore into another folder`,
      );
  } finally {
    release();
  }
}

function openDatabase(folder: string): RootDatabase<Buffer, string> {
  checkHeader(join(folder, "data.mdb"));
  quietCommitErrors();
  // Without overlappingSync a commit's promise resolves only after fsync.
  const database = open<Buffer, string>({
    path: folder,
    encoding: "binary",
    mapSize,
    overlappingSync: false,
    // Each batch is a commit of its own. With batches of its own beside ours, lmdb rejects promises that nobody has when a commit fails.
    eventTurnBatching: false,
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

const quiet = new WeakSet<typeof console.error>();

/** lmdb prints the error of a commit, with its stack, before it rejects with it. `appendFault` tells it in a line. */
function quietCommitErrors(): void {
  const print = console.error;
  if (quiet.has(print)) return;
  console.error = (...values: readonly unknown[]) => {
    const [error] = values;
    if (!(error instanceof Error && /[\\/]lmdb[\\/]/.test(error.stack ?? ""))) print.apply(console, [...values]);
  };
  quiet.add(console.error);
}

/** Formats before kept events as JSON, or with what they wrote. Objects lie as they lay; watchers of before list again. */
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

function createJournal(database: RootDatabase<Buffer, string>, folder: string, release: () => void): Journal {
  let isMarked = database.get("m/format") !== undefined;
  let forgotten = 0;
  return {
    load: () => {
      const loaded = loadAll(database);
      forgotten = (loaded.events[0]?.revision ?? loaded.revision + 1) - 1;
      return loaded;
    },
    size: () => statSync(join(folder, "data.mdb")).size,
    append: async (events, compacted) => {
      try {
        const last = (events.at(-1) as StoreEvent).revision;
        // Few large ones are compacted before they are many.
        const isDue = last - forgotten >= keptEvents + forgottenTogether || compacted > forgotten;
        const gone = isDue ? Math.max(last - keptEvents, compacted) : forgotten;
        const old = gone > forgotten ? keysUpTo(database, gone) : [];
        await database.batch(() => {
          for (const event of events) writeEvent(database, event);
          for (const key of old) database.remove(key);
          database.put("m/revision", Buffer.from(String(last)));
          if (!isMarked) database.put("m/format", Buffer.from(String(formatVersion)));
        });
        forgotten = gone;
        isMarked = true;
      } catch (error) {
        throw await appendFault(database, folder, (events[0] as StoreEvent).revision - 1, error as Error);
      }
    },
    forget: async (revision) => {
      const gone = keysUpTo(database, revision);
      await database.transaction(() => {
        for (const key of gone) database.remove(key);
      });
      forgotten = Math.max(forgotten, revision);
    },
    close: async () => {
      await database.close();
      release();
    },
  };
}

/** What a failed batch means. LMDB writes all of it or nothing, but when a disk fails, nobody knows what is on it. */
async function appendFault(
  database: RootDatabase<Buffer, string>,
  folder: string,
  before: number,
  error: Error & { readonly commitError?: Promise<unknown> },
): Promise<StoreError> {
  const cause = (await error.commitError?.catch((inner: unknown) => inner)) ?? error;
  const { bavail, bsize } = statfsSync(folder);
  database.resetReadTxn();
  // LMDB calls a write that is cut short a failure of the disk.
  const isFull = bavail * bsize < roomForBatch && revisionOf(database) === before;
  return isFull
    ? new DiskFullError(`${folder}: the disk is full; free some room`, { cause })
    : new StoreError(`${folder}: the write could not be made durable (${(cause as Error).message})`, { cause });
}

/** With less than this free, a batch that failed has failed for lack of room: the largest body is 3 MiB, and LMDB writes pages beside it. */
const roomForBatch = 4 * 1024 * 1024;

function revisionOf(database: RootDatabase<Buffer, string>): number {
  return Number(database.get("m/revision")?.toString() ?? 0);
}

function writeEvent(database: RootDatabase<Buffer, string>, { key, value, previous, revision }: StoreEvent): void {
  if (value === undefined) database.remove(`v/${key}`);
  else database.put(`v/${key}`, encode(value));
  database.put(eventKey(revision), encodeEvent(key, value !== undefined, previous));
}

function keysUpTo(database: RootDatabase<Buffer, string>, revision: number): readonly string[] {
  return [...database.getKeys({ start: "e/", end: eventKey(revision + 1) })];
}

function eventKey(revision: number): string {
  return `e/${String(Math.max(revision, 0)).padStart(16, "0")}`;
}

function encodeTo(bytes: Buffer, at: number, { value, createRevision, modRevision }: StoredValue): void {
  bytes.writeDoubleLE(createRevision, at);
  bytes.writeDoubleLE(modRevision, at + 8);
  bytes.set(value, at + headerBytes);
}

function encode(stored: StoredValue): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + stored.value.length);
  encodeTo(bytes, 0, stored);
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

/** Length of the key, 1 for what was written and 0 for a deletion, the key, and what is left is the previous value. */
function encodeEvent(key: string, isWritten: boolean, previous: StoredValue | undefined): Buffer {
  const length = Buffer.byteLength(key);
  const before = previous === undefined ? 0 : headerBytes + previous.value.length;
  const bytes = Buffer.allocUnsafe(eventHeaderBytes + length + before);
  bytes.writeUInt32LE(length, 0);
  bytes.writeUInt8(isWritten ? 1 : 0, 4);
  bytes.write(key, eventHeaderBytes);
  if (previous !== undefined) encodeTo(bytes, eventHeaderBytes + length, previous);
  return bytes;
}

const eventHeaderBytes = 5;

/** `now` holds values by key as they are behind the event, and as they were before it when this returns. */
function decodeEvent(revision: number, bytes: Buffer, now: Map<string, StoredValue>): StoreEvent {
  const end = eventHeaderBytes + bytes.readUInt32LE(0);
  const key = bytes.toString("utf8", eventHeaderBytes, end);
  const value = bytes.readUInt8(4) === 1 ? now.get(key) : undefined;
  const previous = end === bytes.length ? undefined : decode(key, bytes.subarray(end));
  if (previous === undefined) now.delete(key);
  else now.set(key, previous);
  return { revision, key, value, previous };
}

function loadAll(database: RootDatabase<Buffer, string>): ReturnType<Journal["load"]> {
  const values = [...database.getRange({ start: "v/", end: "v0" })].map(({ key, value }) =>
    decode(key.slice(2), value),
  );
  const now = new Map(values.map((value) => [value.key, value]));
  const events = [...database.getRange({ start: "e/", end: "e0" })]
    .reverse()
    .map(({ key, value }) => decodeEvent(Number(key.slice(2)), value, now))
    .reverse();
  return { revision: revisionOf(database), values, events };
}
