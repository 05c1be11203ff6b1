import { writeSync } from "node:fs";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/** Longer requests are told by their beginning. */
const maxBytes = 1024 * 1024;

interface Shared {
  /** When the request was sent, milliseconds since 1970; 0 while none is under way. And the length of its text. */
  readonly state: BigInt64Array;
  readonly text: Uint8Array;
  readonly patienceMs: number;
}

/** Beside a server in the same thread: a request that never lets go of it would stop every timer of a test as well. */
export class Watchdog {
  readonly #shared: Shared;

  constructor(patienceMs: number) {
    const state = new BigInt64Array(new SharedArrayBuffer(16));
    this.#shared = { state, text: new Uint8Array(new SharedArrayBuffer(maxBytes)), patienceMs };
    new Worker(new URL(import.meta.url), { workerData: this.#shared, execArgv: [] }).unref();
  }

  /** From now on this request has to be answered in time, or the process ends with its text on standard error. */
  begin(request: string): void {
    const { state, text } = this.#shared;
    Atomics.store(state, 1, BigInt(new TextEncoder().encodeInto(request, text).written));
    Atomics.store(state, 0, BigInt(Date.now()));
  }

  end(): void {
    Atomics.store(this.#shared.state, 0, 0n);
  }
}

function look({ state, text, patienceMs }: Shared): void {
  const since = Number(Atomics.load(state, 0));
  if (since === 0 || Date.now() - since < patienceMs) return;
  const request = new TextDecoder().decode(text.slice(0, Number(Atomics.load(state, 1))));
  // The other thread would have to pass on what a stream is given.
  writeSync(2, `no answer in ${patienceMs} ms, and nothing else was done: ${request}\n`);
  process.kill(process.pid, "SIGKILL");
}

if (!isMainThread) setInterval(look, 200, workerData as Shared);
