import { once } from "node:events";
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from "node:zlib";
import { headerDictionary } from "./dictionary.ts";

/** Headers of a stream, by their names in lower case. */
export type Headers = ReadonlyMap<string, string>;

/** More is no header block but an attack. */
const maxBlockBytes = 64 * 1024;

/** Header blocks of one connection, both directions: each block is compressed with what came before. SPDY/3 draft, section 2.6.10. */
export class HeaderCodec {
  readonly #deflate: Deflate = createDeflate({ dictionary: headerDictionary });
  readonly #inflate: Inflate = createInflate({ dictionary: headerDictionary });

  /** Throws on what is no header block. One call after another. */
  async decode(block: Buffer): Promise<Headers> {
    return parse(await through(this.#inflate, block));
  }

  /** One call after another. */
  encode(headers: Headers): Promise<Buffer> {
    return through(this.#deflate, write(headers));
  }

  close(): void {
    this.#deflate.close();
    this.#inflate.close();
  }
}

async function through(stream: Deflate | Inflate, bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const collect = (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBlockBytes) stream.destroy(new Error("a header block is too large"));
    else chunks.push(chunk);
  };
  stream.on("data", collect);
  const failed = once(stream, "error").then(([error]) => {
    throw error;
  });
  const flushed = new Promise<void>((done) => {
    stream.write(bytes);
    stream.flush(constants.Z_SYNC_FLUSH, () => done());
  });
  try {
    await Promise.race([flushed, failed]);
  } finally {
    failed.catch(() => {});
    stream.off("data", collect);
  }
  return Buffer.concat(chunks);
}

function parse(block: Buffer): Headers {
  let at = 0;
  const number = () => {
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = number();
    at += length;
    if (at > block.length) throw new RangeError("a header block is cut short");
    return block.toString("utf8", at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left--) headers.set(text().toLowerCase(), text());
  return headers;
}

function write(headers: Headers): Buffer {
  const parts = [length(headers.size)];
  for (const [name, value] of headers)
    for (const text of [name, value]) parts.push(length(Buffer.byteLength(text)), Buffer.from(text));
  return Buffer.concat(parts);
}

function length(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
