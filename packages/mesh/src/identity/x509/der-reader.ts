/** An element of DER: X.690. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** With its tag and length. */
  readonly raw: Buffer;
}

/** Bytes that are no DER, or not what was expected in them. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DerError";
  }
}

/** Tags that certificates have. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Of a context of its own, as `[0]` in ASN.1. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

/** Reads one element after another; throws `DerError`. Lengths are of definite form and as short as can be, as DER has them. */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The tag of the next element; undefined at the end. */
  get tag(): number | undefined {
    return this.#bytes[this.#at];
  }

  next(tag: number): DerElement {
    if (this.tag !== tag) throw new DerError(`expected tag 0x${tag.toString(16)}, found ${tagText(this.tag)}`);
    return this.any();
  }

  /** The next element, where it has that tag. */
  optional(tag: number): DerElement | undefined {
    return this.tag === tag ? this.any() : undefined;
  }

  /** What lies in the next element. */
  open(tag: number): DerReader {
    return new DerReader(this.next(tag).content);
  }

  any(): DerElement {
    const start = this.#at;
    const tag = this.#byte(start);
    if ((tag & 0x1f) === 0x1f) throw new DerError("a tag of more than one byte");
    const first = this.#byte(start + 1);
    let content = start + 2;
    let length = first;
    if (first >= 0x80) {
      const size = first & 0x7f;
      if (size === 0 || size > 4) throw new DerError("a length of a form that DER does not have");
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + this.#byte(content + i);
      if (length < 0x80 || length < 256 ** (size - 1)) throw new DerError("a length that is longer than need be");
      content += size;
    }
    const end = content + length;
    if (end > this.#bytes.length) throw new DerError("the bytes are cut off");
    this.#at = end;
    return { tag, content: this.#bytes.subarray(content, end), raw: this.#bytes.subarray(start, end) };
  }

  /** Throws where something is left. */
  end(): void {
    if (!this.isDone) throw new DerError("there are bytes behind the end");
  }

  #byte(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined) throw new DerError("the bytes are cut off");
    return byte;
  }
}

function tagText(tag: number | undefined): string {
  return tag === undefined ? "the end" : `0x${tag.toString(16)}`;
}

/** DER has one form of true, and one of false. */
export function booleanOf(content: Buffer): boolean {
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError("no such boolean");
  return content[0] === 0xff;
}

/** Of a small number that is not negative. */
export function smallIntegerOf(content: Buffer): number {
  if (content.length === 0 || content.length > 4 || (content[0] as number) >= 0x80)
    throw new DerError("no such number");
  return content.readUIntBE(0, content.length);
}

/** Tells which bits of a string of them are set. They are numbered from the highest of the first byte on. */
export function bitsOf(content: Buffer): (bit: number) => boolean {
  const unused = content[0];
  const bytes = content.subarray(1);
  if (unused === undefined || unused > 7 || (bytes.length === 0 && unused > 0)) throw new DerError("no such bits");
  return (bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

/** A string of bits that is one of bytes, as signatures and keys are. */
export function wholeBytesOf(content: Buffer): Buffer {
  if (content[0] !== 0) throw new DerError("no such bits");
  return content.subarray(1);
}

/** Dotted text of an object identifier. */
export function oidOf(content: Buffer): string {
  if (content.length === 0 || (content.at(-1) as number) >= 0x80) throw new DerError("no such object identifier");
  const numbers: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    numbers.push(value);
    value = 0;
  }
  const [first = 0, ...rest] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...rest].join(".");
}

/** Milliseconds since the epoch: RFC 5280, 4.1.2.5, which allows seconds in UTC alone. */
export function timeOf({ tag, content }: DerElement): number {
  const text = content.toString("latin1");
  const form =
    tag === tags.utcTime ? /^(\d\d)(\d{10})Z$/ : tag === tags.generalizedTime ? /^(\d{4})(\d{10})Z$/ : undefined;
  const [, head = "", rest = ""] = form?.exec(text) ?? [];
  if (rest === "") throw new DerError("no such time");
  const year = head.length === 4 ? Number(head) : Number(head) + (Number(head) < 50 ? 2000 : 1900);
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = (rest.match(/\d\d/g) ?? []).map(Number);
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(time);
  // Date.UTC takes the 31st of June for the 1st of July.
  if (
    month < 1 ||
    date.getUTCMonth() !== month - 1 ||
    date.getUTCDate() !== day ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  )
    throw new DerError("no such time");
  return time;
}
