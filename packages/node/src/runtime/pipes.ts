import { execFile } from "node:child_process";
import { close as closeCallback, constants, open as openCallback } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const [open, close, run] = [promisify(openCallback), promisify(closeCallback), promisify(execFile)];

/** One end for this process, and the descriptor of the other for a child. */
export interface Pipe {
  readonly own: Socket;
  readonly child: number;
}

/** So many are made by one run of `mkfifo`. */
const batch = 16;

/**
 * Makes pipes for what containers read and write. Node's own are sockets, which nobody can open by their path: a process that opens
 * /dev/stdout would fail.
 */
export class Pipes {
  readonly #folder: string;
  readonly #made: string[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A pipe to read what a child writes. */
  async output(): Promise<Pipe> {
    return this.#join(constants.O_RDONLY, constants.O_WRONLY, { readable: true, writable: false });
  }

  /** A pipe to write what a child reads. */
  async input(): Promise<Pipe> {
    const path = await this.#next();
    try {
      // Without waiting for a writer; the child gets one that does wait.
      const early = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const own = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
      const child = await open(path, constants.O_RDONLY);
      await close(early);
      return { own: new Socket({ fd: own, readable: false, writable: true }), child };
    } finally {
      await rm(path, { force: true });
    }
  }

  async #join(own: number, child: number, kind: { readable: boolean; writable: boolean }): Promise<Pipe> {
    const path = await this.#next();
    try {
      const mine = await open(path, own | constants.O_NONBLOCK);
      return { child: await open(path, child), own: new Socket({ fd: mine, ...kind }) };
    } finally {
      await rm(path, { force: true });
    }
  }

  async #next(): Promise<string> {
    const ready = this.#made.pop();
    if (ready !== undefined) return ready;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const folder = await mkdtemp(join(this.#folder, "pipes-"));
    const paths = Array.from({ length: batch }, (_, i) => join(folder, `${i}`));
    await run("mkfifo", ["-m", "600", ...paths]);
    this.#made.push(...paths);
    return this.#made.pop() as string;
  }

  /** Takes away those that were made and not used, also in an earlier life. */
  async remove(): Promise<void> {
    this.#made.length = 0;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Closes a child's end in this process. */
export async function closeEnd(descriptor: number): Promise<void> {
  await close(descriptor);
}
