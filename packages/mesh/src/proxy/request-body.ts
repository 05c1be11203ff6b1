import type { Readable, Writable } from "node:stream";

/** The beginning of a body that was read before it is sent on, or all of it. */
export interface ReadBody {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/** Reads a body to its end, or until there are more bytes than `limit`; what is behind them waits. Rejects where its sender is gone. */
export function readBody(from: Readable, limit: number): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (isWhole: boolean) => {
      from.off("readable", read).off("end", ended).off("close", closed);
      resolve({ bytes: Buffer.concat(chunks), isWhole });
    };
    const read = () => {
      for (let chunk: Buffer | null = from.read(); chunk !== null; chunk = from.read()) {
        chunks.push(chunk);
        length += chunk.length;
        if (length > limit) return finish(false);
      }
    };
    const ended = () => finish(true);
    const closed = () => reject(new Error("the client went away"));
    if (from.readableEnded) return finish(true);
    if (from.destroyed) return closed();
    from.on("readable", read).once("end", ended).once("close", closed);
  });
}

/** Sends a body on, what was read of it first. */
export function sendBody(from: Readable, read: ReadBody | undefined, to: Writable): void {
  if (read !== undefined && read.bytes.length > 0) to.write(read.bytes);
  if (read?.isWhole === true) to.end();
  else from.pipe(to);
}
