import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ChunkPacker } from "./chunks.ts";
import type { DecisionQueue, QueueFaults, SendChunk } from "./decision-queue.ts";

/** A file of decisions is read whole when it is sent: it grows to this, and to what one chunk needs at least. */
const segmentBytes = 4 * 1024 * 1024;

interface Segment {
  readonly file: string;
  bytes: number;
  /** Lines that the service has: after a failure it is gone on behind them. */
  sentLines: number;
}

interface Waiting {
  readonly line: string;
  readonly done: (error?: unknown) => void;
}

/**
 * Keeps decisions in files, a line each, until the service has them. An event that was pushed is written before that is told: the end of
 * the process, however it comes, loses none. Files of an earlier process are sent first. A file is removed after all of it was sent: what
 * was sent of it before such an end is sent once more, with the same ids.
 */
export class DiskQueue implements DecisionQueue {
  readonly #folder: string;
  readonly #packer: ChunkPacker;
  readonly #limit: number;
  readonly #faults: QueueFaults;
  /** Complete files, oldest first. */
  #segments: Segment[] = [];
  #open: (Segment & { readonly handle: FileHandle }) | undefined;
  #next = 1;
  #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;

  private constructor(folder: string, packer: ChunkPacker, limit: number, faults: QueueFaults) {
    this.#folder = folder;
    this.#packer = packer;
    this.#limit = limit;
    this.#faults = faults;
  }

  /** Makes the folder, and takes over what lies in it. Rejects when it cannot be used. */
  static async open(folder: string, packer: ChunkPacker, limit: number, faults: QueueFaults): Promise<DiskQueue> {
    const queue = new DiskQueue(folder, packer, limit, faults);
    await mkdir(folder, { recursive: true });
    const names = (await readdir(folder)).filter((name) => /^\d+\.ndjson$/.test(name)).sort();
    for (const name of names) {
      const file = join(folder, name);
      queue.#segments.push({ file, bytes: (await stat(file)).size, sentLines: 0 });
      queue.#next = Number.parseInt(name, 10) + 1;
    }
    return queue;
  }

  push(event: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        line: `${event}\n`,
        done: (error) => (error === undefined ? resolve() : reject(error)),
      });
      this.#work();
    });
  }

  isFull(): boolean {
    return this.#segments.length > 0 || (this.#open?.bytes ?? 0) >= this.#packer.wantedBytes;
  }

  async upload(send: SendChunk): Promise<number> {
    await this.#rotate();
    let sent = 0;
    for (let [first] = this.#segments; first !== undefined; [first] = this.#segments) {
      sent += await this.#send(first, send);
      await this.#remove(first);
    }
    return sent;
  }

  async close(): Promise<void> {
    await this.#rotate();
  }

  async #send(segment: Segment, send: SendChunk): Promise<number> {
    const lines = (await readFile(segment.file, "utf8")).split("\n");
    // What lies behind the last line break was cut off in the middle, and promised to nobody.
    lines.pop();
    let sent = 0;
    for (const batch of this.#batches(lines.slice(segment.sentLines))) {
      for (const chunk of this.#packer.pack(batch)) {
        await send(chunk);
        sent++;
      }
      segment.sentLines += batch.length;
    }
    return sent;
  }

  *#batches(lines: readonly string[]): Generator<readonly string[]> {
    let [batch, bytes] = [[] as string[], 0];
    for (const line of lines) {
      batch.push(line);
      bytes += line.length + 1;
      if (bytes < this.#packer.wantedBytes) continue;
      yield batch;
      [batch, bytes] = [[], 0];
    }
    if (batch.length > 0) yield batch;
  }

  /** All that waits is written in one go: how fast the disk is says how many wait for the next. */
  #work(): void {
    this.#working ??= (async () => {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        const fault = await this.#write(batch.map(({ line }) => line).join("")).then(
          () => undefined,
          (error: unknown) => error,
        );
        for (const { done } of batch) done(fault);
      }
      this.#working = undefined;
    })();
  }

  async #write(text: string): Promise<void> {
    this.#open ??= await this.#create();
    const { handle } = this.#open;
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
    } catch (error) {
      // Half a line must not be continued.
      await this.#seal();
      throw error;
    }
    this.#open.bytes += bytes.length;
    if (this.#open.bytes >= Math.max(segmentBytes, this.#packer.wantedBytes)) await this.#seal();
    await this.#bound();
  }

  async #create(): Promise<Segment & { readonly handle: FileHandle }> {
    const file = join(this.#folder, `${String(this.#next++).padStart(12, "0")}.ndjson`);
    return { file, bytes: 0, sentLines: 0, handle: await open(file, "ax", 0o600) };
  }

  /** Waits for the writes that have begun, and begins a new file with the next. */
  async #rotate(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
    await this.#seal();
  }

  async #seal(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    this.#segments.push(open);
    await open.handle.close();
  }

  async #bound(): Promise<void> {
    const total = () => this.#segments.reduce((sum, { bytes }) => sum + bytes, this.#open?.bytes ?? 0);
    for (let [first] = this.#segments; first !== undefined && total() > this.#limit; [first] = this.#segments) {
      const lines = (await readFile(first.file, "utf8")).split("\n").length - 1;
      await this.#remove(first);
      this.#faults.dropped("chunks", 1, lines - first.sentLines);
    }
  }

  async #remove(segment: Segment): Promise<void> {
    this.#segments = this.#segments.filter((each) => each !== segment);
    await rm(segment.file, { force: true });
  }
}
