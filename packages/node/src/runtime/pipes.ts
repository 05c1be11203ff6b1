import { execFile } from "node:child_process";
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

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
      const early = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const own = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      const child = openSync(path, constants.O_RDONLY);
      closeSync(early);
      return { own: new Socket({ fd: own, readable: false, writable: true }), child };
    } finally {
      rmSync(path, { force: true });
    }
  }

  async #join(own: number, child: number, kind: { readable: boolean; writable: boolean }): Promise<Pipe> {
    const path = await this.#next();
    try {
      const mine = openSync(path, own | constants.O_NONBLOCK);
      return { child: openSync(path, child), own: new Socket({ fd: mine, ...kind }) };
    } finally {
      rmSync(path, { force: true });
    }
  }

  async #next(): Promise<string> {
    const ready = this.#made.pop();
    if (ready !== undefined) return ready;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const folder = mkdtempSync(join(this.#folder, "pipes-"));
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
export function closeEnd(descriptor: number): void {
  closeSync(descriptor);
}
