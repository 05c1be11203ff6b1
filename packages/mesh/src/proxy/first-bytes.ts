import type { Socket } from "node:net";
import { type Hello, HelloReader } from "./client-hello.ts";

/** What a connection begins with; the bytes are still to be read from the socket. */
export interface FirstBytes {
  readonly hello: Hello;
  /** None came in time: whoever connects may be waiting for the server to speak. */
  readonly silent: boolean;
}

/** Looks at the first bytes until it is known what they are, or for so many milliseconds: `hello` is `partial` then. */
export function readFirstBytes(socket: Socket, timeoutMs: number): Promise<FirstBytes> {
  return new Promise((resolve) => {
    const reader = new HelloReader();
    const chunks: Buffer[] = [];
    const finish = (hello: Hello) => {
      clearTimeout(timer);
      socket.off("readable", read).off("end", ended).off("close", ended);
      if (chunks.length > 0 && !socket.destroyed) socket.unshift(Buffer.concat(chunks));
      resolve({ hello, silent: chunks.length === 0 });
    };
    const read = () => {
      for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) {
        chunks.push(chunk);
        const hello = reader.push(chunk);
        if (hello.kind !== "partial") return finish(hello);
      }
    };
    // Who says nothing at all, and ends, has not begun TLS.
    const ended = () => finish(chunks.length === 0 ? { kind: "raw" } : { kind: "partial" });
    const timer = setTimeout(() => finish({ kind: "partial" }), timeoutMs);
    socket.on("readable", read).once("end", ended).once("close", ended);
  });
}
