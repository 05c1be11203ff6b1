import {
  chownSync,
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { readdir, rm, unlink } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";

export interface RotatingFileOptions {
  readonly path: string;
  /** No file gets longer; bytes. */
  readonly maxBytes: number;
  readonly maxAgeDays: number;
  /** Less than 1 for no such limit. */
  readonly maxBackups: number;
  readonly compresses: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Only its owner may read a log that is new: decisions are in it. */
const newMode = 0o600;
const dayMs = 24 * 60 * 60 * 1000;
const zipped = ".gz";

/**
 * A file that is put aside when it is full, `decisions-2026-01-02T15-04-05.000.log` beside `decisions.log`, as lumberjack does it for OPA:
 * the newest are kept, compressed where that is wanted. https://pkg.go.dev/gopkg.in/natefinch/lumberjack.v2
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #file: { readonly descriptor: number; size: number } | undefined;
  #tidying: Promise<void> | undefined;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
  }

  /** Written when it returns. Throws when it cannot be, or is longer than a whole file. */
  write(text: string): void {
    const { maxBytes } = this.#options;
    const bytes = Buffer.from(text);
    if (bytes.length > maxBytes) throw new Error(`write length ${bytes.length} exceeds maximum file size ${maxBytes}`);
    this.#file ??= this.#open(bytes.length);
    if (this.#file.size + bytes.length > maxBytes) this.#file = this.#rotate();
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file.descriptor, bytes, at);
    this.#file.size += bytes.length;
  }

  /** Resolves when nothing is left to do. */
  async close(): Promise<void> {
    if (this.#file !== undefined) closeSync(this.#file.descriptor);
    this.#file = undefined;
    await this.#tidying;
  }

  /** The file that is there, unless it is full. */
  #open(length: number): { descriptor: number; size: number } {
    const { path, maxBytes } = this.#options;
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return this.#openNew();
    if (found.size + length >= maxBytes) return this.#rotate();
    this.#tidy();
    return { descriptor: openSync(path, "a"), size: found.size };
  }

  #rotate(): { descriptor: number; size: number } {
    if (this.#file !== undefined) closeSync(this.#file.descriptor);
    this.#file = undefined;
    const opened = this.#openNew();
    this.#tidy();
    return opened;
  }

  /** The new file may be read by whom the one before might be read. */
  #openNew(): { descriptor: number; size: number } {
    const { path, now } = this.#options;
    mkdirSync(dirname(path), { recursive: true });
    const before = statSync(path, { throwIfNoEntry: false });
    if (before !== undefined) renameSync(path, backupName(path, now()));
    const descriptor = openSync(path, "w", before?.mode ?? newMode);
    if (before !== undefined) keepOwner(path, before);
    return { descriptor, size: 0 };
  }

  /** Beside what is written meanwhile. What cannot be removed or compressed stays until the next time. */
  #tidy(): void {
    this.#tidying = (this.#tidying ?? Promise.resolve()).then(() => this.#tidyOnce()).catch(() => {});
  }

  async #tidyOnce(): Promise<void> {
    const { path, maxBackups, maxAgeDays, compresses, now } = this.#options;
    const folder = dirname(path);
    const backups = await backupsOf(path);
    const times = [...new Set(backups.map(({ time }) => time))].sort((a, b) => b - a);
    const oldest = now() - maxAgeDays * dayMs;
    const kept = new Set((maxBackups > 0 ? times.slice(0, maxBackups) : times).filter((time) => time >= oldest));
    for (const { name, time } of backups) if (!kept.has(time)) await rm(join(folder, name), { force: true });
    if (!compresses) return;
    const left = backups.filter(({ name, time }) => kept.has(time) && !name.endsWith(zipped));
    for (const { name } of left) await compress(join(folder, name));
  }
}

function keepOwner(path: string, { uid, gid }: Stats): void {
  const now = statSync(path);
  if (now.uid !== uid || now.gid !== gid) chownSync(path, uid, gid);
}

function backupName(path: string, now: number): string {
  const { dir, name, ext } = parse(path);
  const time = new Date(now).toISOString().replace("Z", "").replaceAll(":", "-");
  return join(dir, `${name}-${time}${ext}`);
}

interface Backup {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

async function backupsOf(path: string): Promise<readonly Backup[]> {
  const { name: prefix, ext } = parse(path);
  const names = await readdir(dirname(path));
  return names.flatMap((name) => {
    const plain = name.endsWith(`${ext}${zipped}`) ? name.slice(0, -zipped.length) : name;
    if (!plain.startsWith(`${prefix}-`) || !plain.endsWith(ext)) return [];
    const text = plain.slice(prefix.length + 1, plain.length - ext.length);
    const [, day, hour, minute, second] = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(text) ?? [];
    const time = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
    return Number.isNaN(time) ? [] : [{ name, time }];
  });
}

/** What is half written of an earlier attempt is written again. */
async function compress(file: string): Promise<void> {
  const { mode } = statSync(file);
  await pipeline(createReadStream(file), createGzip(), createWriteStream(`${file}${zipped}`, { mode }));
  await unlink(file);
}
