/** Control frames of SPDY/3.1 that streams to containers need, by their numbers. */
export const frameTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
} as const;

/** The sender says no more on this stream. */
export const finFlag = 0x01;

/** Frames are far smaller; kubectl's largest are 32 KiB. */
const maxFrameBytes = 1024 * 1024;

export type Frame =
  | { readonly kind: "data"; readonly stream: number; readonly flags: number; readonly payload: Buffer }
  | { readonly kind: "control"; readonly type: number; readonly flags: number; readonly payload: Buffer };

/** The frames of a byte stream. Throws on another version of SPDY and on frames beyond measure. */
export async function* readFrames(bytes: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (pending.length < 8) break;
      const size = pending.readUIntBE(5, 3);
      if (size > maxFrameBytes) throw new RangeError(`a frame of ${size} bytes`);
      if (pending.length < 8 + size) break;
      yield frameOf(pending.subarray(0, 8), pending.subarray(8, 8 + size));
      pending = pending.subarray(8 + size);
    }
  }
}

function frameOf(head: Buffer, payload: Buffer): Frame {
  const flags = head.readUInt8(4);
  const first = head.readUInt32BE(0);
  if (first < 0x80000000) return { kind: "data", stream: first, flags, payload };
  const version = (first >>> 16) & 0x7fff;
  if (version !== 3) throw new RangeError(`SPDY of version ${version}`);
  return { kind: "control", type: first & 0xffff, flags, payload };
}

export function dataFrame(stream: number, flags: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(stream, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

/** `numbers` are the fields of 32 bits that stand before the rest. */
export function controlFrame(
  type: number,
  flags: number,
  numbers: readonly number[],
  rest: Uint8Array = new Uint8Array(),
): Buffer {
  const head = Buffer.alloc(8 + numbers.length * 4);
  head.writeUInt32BE((0x80030000 | type) >>> 0, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(numbers.length * 4 + rest.length, 5, 3);
  for (const [i, number] of numbers.entries()) head.writeUInt32BE(number, 8 + i * 4);
  return Buffer.concat([head, rest]);
}
