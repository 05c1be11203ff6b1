import { EventEmitter } from "node:events";
import { type FileHandle, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";

/** As kubelet's containerLogMaxSize and containerLogMaxFiles: so much of one attempt is kept at most. */
const [maxFileBytes, maxFiles] = [10 * 1024 * 1024, 5];
/** Longer lines are written in parts, as containerd does. */
const maxPartBytes = 16 * 1024;
const newline = 0x0a;

export type StreamName = "stdout" | "stderr";

/**
 * What one attempt of a container writes, in the CRI's format: a line is `TIME STREAM F TEXT`, or `P` where it goes on. Files are numbered,
 * `ATTEMPT.NUMBER.log`; of many the oldest are gone.
 */
export class ContainerLog extends EventEmitter<{ written: []; data: [StreamName, Buffer] }> {
  readonly #folder: string;
  readonly #attempt: number;
  readonly #now: () => number;
  #file: FileHandle | undefined;
  #number = 0;
  #bytes = 0;
  #writes: Promise<void> = Promise.resolve();
  #fault: Error | undefined;

  constructor(folder: string, attempt: number, now: () => number) {
    super();
    this.setMaxListeners(0);
    this.#folder = folder;
    this.#attempt = attempt;
    this.#now = now;
  }

  /** Why lines were lost: the disk is full. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /** Writes all of a stream; resolves at its end. Reads no faster than the disk takes it. */
  async take(name: StreamName, stream: Readable): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      this.emit("data", name, chunk);
      const parts: Part[] = [];
      rest = splitParts(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), parts);
      await this.#write(name, parts);
    }
    if (rest.length > 0) await this.#write(name, [{ tag: "P", text: rest }]);
  }

  async close(): Promise<void> {
    await this.#writes;
    await this.#file?.close();
    this.#file = undefined;
    this.emit("written");
  }

  #write(name: StreamName, parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return this.#writes;
    const time = timeText(this.#now());
    const lines = parts.flatMap(({ tag, text }) => [Buffer.from(`${time} ${name} ${tag} `), text, Buffer.from("\n")]);
    const bytes = Buffer.concat(lines);
    this.#writes = this.#writes
      .then(() => this.#append(bytes))
      .then(() => void this.emit("written"))
      .catch((error: Error) => {
        // The container goes on: with kubelets, too, a full disk costs lines.
        this.#fault = error;
      });
    return this.#writes;
  }

  async #append(bytes: Buffer): Promise<void> {
    if (this.#file !== undefined && this.#bytes + bytes.length > maxFileBytes) await this.#rotate();
    if (this.#file === undefined) {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      this.#file = await open(join(this.#folder, `${this.#attempt}.${this.#number}.log`), "a", 0o600);
    }
    await this.#file.write(bytes);
    this.#bytes += bytes.length;
  }

  async #rotate(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    this.#bytes = 0;
    this.#number += 1;
    const oldest = this.#number - maxFiles;
    if (oldest >= 0) await rm(join(this.#folder, `${this.#attempt}.${oldest}.log`), { force: true });
  }
}

interface Part {
  readonly tag: "F" | "P";
  readonly text: Buffer;
}

/** Lines, and parts of those that are too long; answers what has no end yet. */
function splitParts(bytes: Buffer, parts: Part[]): Buffer {
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(newline, start);
    const length = (end < 0 ? bytes.length : end) - start;
    if (length > maxPartBytes) {
      parts.push({ tag: "P", text: bytes.subarray(start, start + maxPartBytes) });
      start += maxPartBytes;
    } else if (end < 0) {
      return Buffer.from(bytes.subarray(start));
    } else {
      parts.push({ tag: "F", text: bytes.subarray(start, end) });
      start = end + 1;
    }
  }
}

/** RFC3339Nano, in UTC: we know milliseconds and thousandths of them. */
function timeText(now: number): string {
  const micros = Math.round(now * 1000) % 1_000_000;
  return `${new Date(now).toISOString().slice(0, 19)}.${String(micros).padStart(6, "0")}000Z`;
}

/** The files of an attempt that are there, the oldest first. */
export async function logFiles(folder: string, attempt: number): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  const numbered = names.flatMap((name) => {
    const [, of, number] = /^(\d+)\.(\d+)\.log$/.exec(name) ?? [];
    return Number(of) === attempt && number !== undefined ? [{ name, number: Number(number) }] : [];
  });
  return numbered.sort((a, b) => a.number - b.number).map(({ name }) => join(folder, name));
}
