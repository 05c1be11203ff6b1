import type { Readable, Writable } from "node:stream";
import type { TerminalSize } from "./pod-runtime.ts";

/** Which streams a client wants of a command or a container. core/v1 PodExecOptions. */
export interface CommandOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The client's side of a command, whatever carries it. */
export interface CommandStreams {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  readonly resizes: Resizes;
  /** Tells how it ended by the error stream, when all else is written, and hangs up. `status` is a metav1.Status. */
  readonly end: (status: object) => Promise<void>;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** Sizes of the client's terminal, as they come. */
export class Resizes {
  #last: TerminalSize | undefined;
  #listener: (size: TerminalSize) => void = () => {};

  readonly listen = (listener: (size: TerminalSize) => void): void => {
    this.#listener = listener;
    if (this.#last !== undefined) listener(this.#last);
  };

  /** One JSON document of Go's TerminalSize; what is none is not for us. */
  take(text: string): void {
    const { Width, Height } = parse(text);
    if (!isSize(Width) || !isSize(Height)) return;
    this.#last = { width: Width, height: Height };
    this.#listener(this.#last);
  }
}

function parse(text: string): { readonly Width?: unknown; readonly Height?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { readonly Width?: unknown; readonly Height?: unknown };
  } catch {
    return {};
  }
}

/** Go has them in 16 bits. */
function isSize(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 65536;
}

/** Ends a stream; resolves when it is written, or when nobody reads it any more. */
export function finished(stream: Writable | undefined): Promise<void> {
  return new Promise((done) => {
    if (stream === undefined || stream.destroyed || stream.writableFinished) return done();
    stream.once("close", done);
    stream.end(() => done());
  });
}

/** Resolves when a stream takes more, or is closed. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((done) => {
    const go = () => {
      stream.off("drain", go).off("close", go);
      done();
    };
    stream.on("drain", go).on("close", go);
  });
}
