import { readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";

/** Bytes that are read at once. */
const chunkSize = 65_536;

/** Milliseconds until a pipe is asked again that had nothing yet. */
const pause = 10;

/** All of standard input, as text. */
export function readStandardInput(): string {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(chunkSize);
    const size = readChunk(chunk);
    if (size === 0) return Buffer.concat(chunks).toString("utf8");
    chunks.push(chunk.subarray(0, size));
  }
}

/** Waits also for a pipe that answers at once that it has nothing yet, as those do which somebody reads without blocking. */
function readChunk(chunk: Buffer): number {
  for (;;)
    try {
      return readSync(0, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
}

/** The lines of standard input, each as soon as it is there. */
export async function* standardInputLines(): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of process.stdin) {
    const [first = "", ...more] = decoder.write(chunk as Buffer).split("\n");
    rest += first;
    for (const line of more) {
      yield rest;
      rest = line;
    }
  }
  rest += decoder.end();
  if (rest !== "") yield rest;
}
