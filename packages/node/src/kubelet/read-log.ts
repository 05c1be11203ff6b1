import { type FileHandle, open } from "node:fs/promises";
import type { LogEntry } from "@sallyport/streaming";
import { type ContainerLog, logFiles } from "./container-log.ts";

const chunkBytes = 64 * 1024;

/**
 * What an attempt of a container wrote, oldest first, then "caught up", and then, while `live` is there, what it goes on to write. Ends
 * with the log, or with the signal.
 */
export async function* readLog(
  folder: string,
  attempt: number,
  live: { readonly log: ContainerLog; readonly ended: () => boolean } | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogEntry | "caught up"> {
  const reader = new LogReader(folder, attempt);
  const changes = live && new Changes(live.log, signal);
  try {
    let isCaughtUp = false;
    while (!signal.aborted) {
      // Asked before it is read: what is written in between is read next time.
      const isOver = live === undefined || live.ended();
      const entries = await reader.read();
      yield* entries;
      if (entries.length > 0) continue;
      if (!isCaughtUp) {
        isCaughtUp = true;
        yield "caught up";
      }
      if (isOver) return;
      await changes?.next();
    }
  } finally {
    changes?.stop();
    await reader.close();
  }
}

/** Wakes when something was written. */
class Changes {
  readonly #log: ContainerLog;
  #hasChanged = false;
  #wake: () => void = () => {};
  readonly #onChange = () => {
    this.#hasChanged = true;
    this.#wake();
  };

  constructor(log: ContainerLog, signal: AbortSignal) {
    this.#log = log;
    log.on("written", this.#onChange);
    signal.addEventListener("abort", this.#onChange, { once: true });
  }

  async next(): Promise<void> {
    if (!this.#hasChanged)
      await new Promise<void>((done) => {
        this.#wake = done;
      });
    this.#hasChanged = false;
  }

  stop(): void {
    this.#log.off("written", this.#onChange);
  }
}

/** Reads on where it was, from one file to the next. */
class LogReader {
  readonly #folder: string;
  readonly #attempt: number;
  #path: string | undefined;
  #file: FileHandle | undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(folder: string, attempt: number) {
    this.#folder = folder;
    this.#attempt = attempt;
  }

  /** What is new; nothing at the end. */
  async read(): Promise<readonly LogEntry[]> {
    if (this.#file === undefined && !(await this.#openNext())) return [];
    const bytes = await this.#chunk();
    if (bytes.length > 0) return this.#entries(bytes);
    // More is in the next file, where there is one; a file before that is complete.
    return (await this.#openNext()) ? this.#entries(await this.#chunk()) : [];
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  async #chunk(): Promise<Buffer> {
    const { buffer, bytesRead } = (await this.#file?.read(Buffer.alloc(chunkBytes))) ?? {
      buffer: Buffer.alloc(0),
      bytesRead: 0,
    };
    return buffer.subarray(0, bytesRead);
  }

  async #openNext(): Promise<boolean> {
    const files = await logFiles(this.#folder, this.#attempt);
    const next = files[this.#path === undefined ? 0 : files.indexOf(this.#path) + 1];
    if (next === undefined) return false;
    await this.close();
    this.#path = next;
    this.#file = await open(next, "r");
    return true;
  }

  #entries(bytes: Buffer): readonly LogEntry[] {
    const whole = Buffer.concat([this.#rest, bytes]);
    const end = whole.lastIndexOf(0x0a) + 1;
    this.#rest = Buffer.from(whole.subarray(end));
    const entries: LogEntry[] = [];
    for (let start = 0; start < end; ) {
      const stop = whole.indexOf(0x0a, start);
      entries.push(entryOf(whole.subarray(start, stop + 1)));
      start = stop + 1;
    }
    return entries;
  }
}

/** `TIME STREAM F TEXT\n`. Of parts, the line break is ours. */
function entryOf(line: Buffer): LogEntry {
  const space = 0x20;
  const afterTime = line.indexOf(space) + 1;
  const afterStream = line.indexOf(space, afterTime) + 1;
  const afterTag = line.indexOf(space, afterStream) + 1;
  const stream = line.toString("latin1", afterTime, afterStream - 1) === "stderr" ? "stderr" : "stdout";
  const isWhole = line.toString("latin1", afterStream, afterTag - 1) === "F";
  const text = Buffer.from(line.subarray(afterTag, isWhole ? line.length : line.length - 1));
  return { time: millisOf(line.toString("latin1", 0, afterTime - 1)), stream, text };
}

function millisOf(time: string): number {
  const [, seconds = "", fraction = "0"] = /^(.*)\.(\d+)Z$/.exec(time) ?? [];
  return Date.parse(`${seconds}Z`) + Number(`0.${fraction}`) * 1000;
}
