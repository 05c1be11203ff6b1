import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, Readable, Transform, type TransformCallback } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { ImageLimits } from "../limits.ts";
import { invalidEntry } from "./budget.ts";

/** RFC 1952, section 2.3.1, and RFC 8878, section 3.1.1. */
const gzipMagic = "1f8b";
const zstdMagic = "28b52ffd";

export interface LayerStream {
  readonly tar: ReadableStream<Uint8Array>;
  /** The digest of what was read from `tar`, once that has ended. */
  readonly digest: () => string;
}

/** A layer's tar archive, of a file that has it plain, by gzip or by zstd: told by its first bytes, as registries have wrong media types too. */
export async function openLayer(file: string, limits: ImageLimits): Promise<LayerStream> {
  const { magic, size } = await beginningOf(file);
  const meter = new Meter(size, limits);
  const packed = createReadStream(file, { highWaterMark: 256 * 1024 });
  const ended = () => {};
  if (magic.startsWith(gzipMagic)) pipeline(packed, createGunzip({ chunkSize: 256 * 1024 }), meter, ended);
  else if (magic === zstdMagic) pipeline(packed, createZstdDecompress({ chunkSize: 256 * 1024 }), meter, ended);
  else pipeline(packed, meter, ended);
  return { tar: Readable.toWeb(meter) as ReadableStream<Uint8Array>, digest: () => meter.digest() };
}

async function beginningOf(file: string): Promise<{ readonly magic: string; readonly size: number }> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return { magic: buffer.subarray(0, bytesRead).toString("hex"), size };
  } finally {
    await handle.close();
  }
}

/** Hashes what passes, and stops what becomes too large for what it was. */
class Meter extends Transform {
  readonly #hash = createHash("sha256");
  readonly #packedBytes: number;
  readonly #limits: ImageLimits;
  #bytes = 0;

  constructor(packedBytes: number, limits: ImageLimits) {
    super();
    this.#packedBytes = packedBytes;
    this.#limits = limits;
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    const { ratio, freeBytes } = this.#limits;
    const isBomb = this.#bytes > freeBytes && this.#bytes > this.#packedBytes * ratio;
    this.#hash.update(chunk);
    if (isBomb) done(invalidEntry(`its ${this.#packedBytes} bytes become more than ${ratio} times as many`));
    else done(null, chunk);
  }

  digest(): string {
    return `sha256:${this.#hash.digest("hex")}`;
  }
}
