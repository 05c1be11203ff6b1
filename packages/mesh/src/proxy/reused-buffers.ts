import { Socket } from "node:net";

/** What a socket does with bytes that came: `length` of them at the beginning of `buffer`, which the next may overwrite. */
export type OnBytes = (length: number, buffer: Uint8Array) => void;

/** Reads of one call of the kernel: what libuv asks for. */
const bufferBytes = 65_536;

type Hidden = { [symbol: symbol]: unknown; readonly _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } };

/**
 * Lets sockets read into buffers that are used again, as `onread` of `net.connect` does, for sockets that are there already: those that a
 * server took, and TLS. A read is 64 KiB of memory and a turn of a stream otherwise. Node has no public way to say so; where its fields are
 * others than those known, `take` answers that it cannot, and streams are used.
 */
export class ReusedBuffers {
  readonly #fields: { readonly buffer: symbol; readonly callback: symbol; readonly next: symbol } | undefined;
  #free: Uint8Array = Buffer.allocUnsafeSlow(bufferBytes);

  constructor() {
    const probe = new Socket({ onread: { buffer: this.#free, callback: () => true } });
    const symbols = new Map(Object.getOwnPropertySymbols(probe).map((symbol) => [symbol.description, symbol]));
    const [buffer, callback, next] = ["kBuffer", "kBufferCb", "kBufferGen"].map((name) => symbols.get(name));
    probe.destroy();
    if (buffer !== undefined && callback !== undefined && next !== undefined) this.#fields = { buffer, callback, next };
  }

  /** Whether the socket's bytes come to `onBytes` from now on. What it has read already, and its end, are told as of every stream. */
  take(socket: Socket, onBytes: OnBytes): boolean {
    const hidden = socket as unknown as Hidden;
    const fields = this.#fields;
    const handle = hidden._handle;
    if (fields === undefined || typeof handle?.useUserBuffer !== "function") return false;
    hidden[fields.buffer] = this.#free;
    hidden[fields.callback] = (length: number, buffer: Uint8Array) => {
      onBytes(length, buffer);
      return true;
    };
    hidden[fields.next] = () => this.#free;
    handle.useUserBuffer(this.#free);
    return true;
  }

  /** The buffer of the current read is still to be sent: others are read into another. */
  keep(): void {
    this.#free = Buffer.allocUnsafeSlow(bufferBytes);
  }
}
