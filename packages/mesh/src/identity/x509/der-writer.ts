import { contextTag, tags } from "./der-reader.ts";

/** An element of DER with what lies in it. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const head = length < 0x80 ? [tag, length] : [tag, ...longLength(length)];
  return Buffer.concat([Buffer.from(head), ...parts], head.length + length);
}

function longLength(length: number): number[] {
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(tags.sequence, ...parts);
}

export function context(number: number, ...parts: readonly Uint8Array[]): Buffer {
  return element(contextTag(number, true), ...parts);
}

/** Of a number that is not negative, in bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const short = bytes.subarray(from);
  return element(tags.integer, ...((short[0] ?? 0) >= 0x80 ? [Buffer.of(0), short] : [short]));
}

export function boolean(value: boolean): Buffer {
  return element(tags.boolean, Buffer.of(value ? 0xff : 0));
}

export function octetString(...parts: readonly Uint8Array[]): Buffer {
  return element(tags.octetString, ...parts);
}

/** Of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return element(tags.bitString, Buffer.of(0), bytes);
}

/** Bits by number, as short as DER has named ones. */
export function namedBits(bits: readonly number[]): Buffer {
  const highest = Math.max(-1, ...bits);
  const bytes = Buffer.alloc((highest >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7));
  return element(tags.bitString, Buffer.of(highest < 0 ? 0 : 7 - (highest & 7)), bytes);
}

/** From dotted text. */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return element(tags.oid, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128));
  return bytes;
}

export function utf8String(text: string): Buffer {
  return element(tags.utf8String, Buffer.from(text, "utf8"));
}

/** Milliseconds since the epoch, to the second: UTCTime until 2049, as RFC 5280 has it. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\.\d+Z$|[-:T]/g, "");
  const isShort = digits >= "1950" && digits < "2050";
  return element(isShort ? tags.utcTime : tags.generalizedTime, Buffer.from(`${isShort ? digits.slice(2) : digits}Z`));
}
