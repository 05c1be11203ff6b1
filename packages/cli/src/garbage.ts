import { Session } from "node:inspector/promises";

/** Clients that wait for a server to be ready come first. */
const delayMs = 1000;

/**
 * Soon gives back what starting has left behind. V8 does not collect before it needs room, and a server that has little to do never
 * needs any: a quarter of its memory would be such. Takes some tens of milliseconds.
 */
export function collectGarbageSoon(): void {
  setTimeout(() => void collectGarbage(), delayMs).unref();
}

async function collectGarbage(): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post("HeapProfiler.collectGarbage");
  session.disconnect();
}
