import { Transform, type TransformCallback } from "node:stream";

/** What stands for an authority that is none: shorter than any path of a socket. */
const plain = Buffer.from("csi");

const preface = 24;
const frameHeader = 9;
const types = { headers: 1, continuation: 9 };
const flags = { endHeaders: 0x4, padded: 0x8, priority: 0x20 };

/** Frames and header blocks of an API for a socket are far smaller. */
const longest = 1024 * 1024;

interface Block {
  readonly head: Buffer;
  readonly priority: Buffer;
  readonly parts: Buffer[];
}

/**
 * What a client of HTTP/2 sends, with another `:authority`. Over a unix socket older versions of grpc-go, the Secrets Store CSI driver's among
 * them, send the socket's path for it, which no HTTP/2 allows, and Node's refuses. A value that is replaced by a shorter one leaves the
 * places in the table of headers as they are: its receiver keeps as many entries as the sender, or more. RFC 7540 section 4, RFC 7541 section 6.
 */
export class PlainAuthority extends Transform {
  #rest = Buffer.alloc(0);
  #isGreeted = false;
  /** Of a header block that is not whole yet. */
  #block: Block | undefined;

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    try {
      this.#greet();
      for (let frame = this.#next(); frame !== undefined; frame = this.#next()) this.#take(frame);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  #greet(): void {
    if (this.#isGreeted || this.#rest.length < preface) return;
    this.push(this.#rest.subarray(0, preface));
    this.#rest = this.#rest.subarray(preface);
    this.#isGreeted = true;
  }

  /** A whole frame, with its header. */
  #next(): Buffer | undefined {
    if (!this.#isGreeted || this.#rest.length < frameHeader) return undefined;
    const length = this.#rest.readUIntBE(0, 3);
    if (length > longest) throw new Error("HTTP/2: a frame is too long");
    if (this.#rest.length < frameHeader + length) return undefined;
    const frame = this.#rest.subarray(0, frameHeader + length);
    this.#rest = this.#rest.subarray(frameHeader + length);
    return frame;
  }

  #take(frame: Buffer): void {
    const type = frame[3];
    if (type === types.headers) this.#begin(frame);
    else if (type === types.continuation && this.#block !== undefined)
      this.#block.parts.push(frame.subarray(frameHeader));
    else return void this.push(frame);
    const isWhole = ((frame[4] as number) & flags.endHeaders) !== 0;
    if (isWhole) this.#end();
    else if (sizeOf(this.#block?.parts ?? []) > longest) throw new Error("HTTP/2: headers are too long");
  }

  #begin(frame: Buffer): void {
    const given = frame[4] as number;
    const isPadded = (given & flags.padded) !== 0;
    const padding = isPadded ? (frame[frameHeader] as number) : 0;
    const from = frameHeader + (isPadded ? 1 : 0);
    const isWeighed = (given & flags.priority) !== 0;
    const priority = frame.subarray(from, from + (isWeighed ? 5 : 0));
    const part = frame.subarray(from + priority.length, frame.length - padding);
    this.#block = { head: frame.subarray(0, frameHeader), priority, parts: [part] };
  }

  #end(): void {
    const { head, priority, parts } = this.#block as Block;
    this.#block = undefined;
    const payload = Buffer.concat([priority, replaced(Buffer.concat(parts))]);
    const stream = head.subarray(5);
    const given = (head[4] as number) & ~flags.padded;
    // As many frames as before at most: none is longer than the shortest limit that there is.
    for (let at = 0, isFirst = true; isFirst || at < payload.length; at += maxFrame, isFirst = false) {
      const piece = payload.subarray(at, at + maxFrame);
      const isLast = at + maxFrame >= payload.length;
      const own = isFirst ? given & ~flags.endHeaders : 0;
      const length = Buffer.alloc(3);
      length.writeUIntBE(piece.length, 0, 3);
      const about = [isFirst ? types.headers : types.continuation, own | (isLast ? flags.endHeaders : 0)];
      this.push(Buffer.concat([length, Buffer.from(about), stream, piece]));
    }
  }
}

const maxFrame = 16_384;

function sizeOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** A block of headers, in which a value that stands for `:authority` is another one. Throws for what is no such block. */
function replaced(block: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < block.length; ) {
    const first = block[at] as number;
    const begin = at;
    // An entry of a table, or the size of one.
    if ((first & 0x80) !== 0 || (first & 0xe0) === 0x20) {
      at = integer(block, at, (first & 0x80) !== 0 ? 7 : 5).next;
      parts.push(block.subarray(begin, at));
      continue;
    }
    const name = integer(block, at, (first & 0xc0) === 0x40 ? 6 : 4);
    const value = name.value === 0 ? text(block, name.next) : name.next;
    at = text(block, value);
    const isAuthority = name.value === authority;
    parts.push(block.subarray(begin, value));
    parts.push(isAuthority ? Buffer.concat([Buffer.from([plain.length]), plain]) : block.subarray(value, at));
  }
  return Buffer.concat(parts);
}

/** The place of `:authority` in the table that all have. */
const authority = 1;

/** Where a text ends that begins there. */
function text(block: Buffer, at: number): number {
  const { value, next } = integer(block, at, 7);
  if (next + value > block.length) throw new Error("HTTP/2: headers are cut off");
  return next + value;
}

function integer(block: Buffer, at: number, bits: number): { readonly value: number; readonly next: number } {
  const most = 2 ** bits - 1;
  let value = (block[at] ?? 0) & most;
  let next = at + 1;
  if (value < most) return { value, next };
  for (let shift = 0; ; shift += 7) {
    const byte = block[next++];
    if (byte === undefined || shift > 21) throw new Error("HTTP/2: headers are no such");
    value += (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return { value, next };
  }
}
