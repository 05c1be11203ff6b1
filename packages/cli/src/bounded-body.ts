/** A body that is longer than it may be; what is left of it was not read. */
export class TooLongError extends Error {
  constructor(maxBytes: number) {
    super(`longer than ${maxBytes} bytes`);
  }
}

/** All of a body. Rejects with `TooLongError` as soon as it is longer, without keeping it, and with what the body itself fails with. */
export async function readBounded(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new TooLongError(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
