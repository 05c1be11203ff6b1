import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

/**
 * Writes lines into the answer to a watch. In HTTP/1.1 each is a chunk of its own, made once for all watchers of the same line and written
 * over the socket: Node would make a chunk of three writes for each watcher, which takes longer than to encrypt it.
 */
export class LineWriter {
  readonly #response: ServerResponse;
  readonly #onDrain: () => void;
  #socket: Socket | undefined;

  /** `onDrain` is called when the client has read what was written. */
  constructor(response: ServerResponse, onDrain: () => void) {
    this.#response = response;
    this.#onDrain = onDrain;
    response.on("drain", onDrain);
  }

  write(line: Uint8Array): void {
    const socket = this.#direct();
    if (socket === undefined) this.#response.write(line);
    else socket.write(chunkOf(line));
  }

  /** The connection is somebody else's from now on. */
  end(): void {
    this.#socket?.off("drain", this.#onDrain);
    this.#response.off("drain", this.#onDrain);
    this.#socket = undefined;
  }

  /** The answer's own socket, once it is the answer's turn; undefined where HTTP has other frames than chunks. */
  #direct(): Socket | undefined {
    const { socket, chunkedEncoding } = this.#response;
    if (socket === null || socket === undefined || !socket.writable || chunkedEncoding !== true) return undefined;
    if (this.#socket === undefined) {
      this.#socket = socket;
      socket.on("drain", this.#onDrain);
    }
    return socket;
  }
}

/** The chunk of the line that was written last: it goes to all its watchers before the next one. */
let last: { readonly line: Uint8Array; readonly chunk: Buffer } | undefined;

/** https://www.rfc-editor.org/rfc/rfc9112#section-7.1 */
function chunkOf(line: Uint8Array): Buffer {
  if (last?.line === line) return last.chunk;
  const size = `${line.length.toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(size.length + line.length + 2);
  const begin = chunk.write(size, "latin1");
  chunk.set(line, begin);
  chunk.write("\r\n", begin + line.length, "latin1");
  last = { line, chunk };
  return chunk;
}
