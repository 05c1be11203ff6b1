import { BuiltinError } from "./builtin.ts";

/** Identifier octets of the types that certificates and keys are made of (X.690 section 8.1.2). */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,

  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]`; constructed where it wraps another value. */
export function contextTag(n: number, constructed = false): number {
  return 0x80 | (constructed ? 0x20 : 0) | n;
}

export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With its tag and length. */
  readonly element: Uint8Array;
}

export interface BitString {
  readonly bytes: Uint8Array;
  readonly unusedBits: number;
}

/** The bits as a number would have them: leading zeros instead of the unused bits at the end. */
export function rightAligned({ bytes, unusedBits }: BitString): Uint8Array {
  if (unusedBits === 0) return bytes;
  return bytes.map((byte, i) => (byte >> unusedBits) | ((bytes[i - 1] ?? 0) << (8 - unusedBits)));
}

/** A moment; `text` is its RFC 3339 form in the zone in which it was written. */
export interface DerTime {
  readonly seconds: number;
  readonly text: string;
}

/**
 * Reads DER values one after the other, as strictly as X.690 section 10 wants: lengths and integers in their shortest
 * form, tags below 31. Each read names the fault that it throws as a `BuiltinError`.
 */
export class DerReader {
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  get isEmpty(): boolean {
    return this.#rest.length === 0;
  }

  /** The bytes that are still to be read. */
  get rest(): Uint8Array {
    return this.#rest;
  }

  isNext(tag: number): boolean {
    return this.#rest[0] === tag;
  }

  any(fault: string): DerElement {
    const header = headerOf(this.#rest);
    if (header === undefined) throw new BuiltinError(fault);
    const end = header.size + header.length;
    const element = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end);
    return { tag: element[0] as number, content: element.subarray(header.size), element };
  }

  element(tag: number, fault: string): DerElement {
    if (!this.isNext(tag)) throw new BuiltinError(fault);
    return this.any(fault);
  }

  content(tag: number, fault: string): Uint8Array {
    return this.element(tag, fault).content;
  }

  inside(tag: number, fault: string): DerReader {
    return new DerReader(this.content(tag, fault));
  }

  optional(tag: number, fault: string): DerReader | undefined {
    return this.isNext(tag) ? this.inside(tag, fault) : undefined;
  }

  integer(fault: string, tag: number = derTag.integer): bigint {
    const bytes = this.content(tag, fault);
    const [first = 0, second = 0] = bytes;
    const isPadded = bytes.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (bytes.length === 0 || isPadded) throw new BuiltinError(fault);
    return BigInt.asIntN(bytes.length * 8, bigintFromBytes(bytes));
  }

  /** An integer that Go's int holds. Counts are far below what a JavaScript number holds exactly. */
  int64(fault: string, tag: number = derTag.integer): number {
    const value = this.integer(fault, tag);
    if (BigInt.asIntN(64, value) !== value) throw new BuiltinError(fault);
    return Number(value);
  }

  boolean(fault: string): boolean {
    const bytes = this.content(derTag.boolean, fault);
    if (bytes.length !== 1 || (bytes[0] !== 0 && bytes[0] !== 0xff)) throw new BuiltinError(fault);
    return bytes[0] === 0xff;
  }

  /** Dotted; every part below 2^31, as Go's ObjectIdentifier has it. */
  objectIdentifier(fault: string): string {
    const text = oidText(this.content(derTag.objectIdentifier, fault));
    if (text === undefined || !isSmallOid(text)) throw new BuiltinError(fault);
    return text;
  }

  bitString(fault: string): BitString {
    const [unusedBits = 8, ...rest] = this.content(derTag.bitString, fault);
    const last = rest.at(-1);
    const isWrong = last === undefined ? unusedBits !== 0 : (last & ((1 << unusedBits) - 1)) !== 0;
    if (unusedBits > 7 || isWrong) throw new BuiltinError(fault);
    return { bytes: Uint8Array.from(rest), unusedBits };
  }

  /** UTCTime or GeneralizedTime. */
  time(): DerTime {
    if (this.isNext(derTag.utcTime)) {
      const fault = "x509: malformed UTCTime";
      const text = asciiText(this.content(derTag.utcTime, fault));
      const year = Number(text.slice(0, 2));
      return timeFrom(`${year >= 50 ? 19 : 20}${text}`, fault, true);
    }
    if (!this.isNext(derTag.generalizedTime)) throw new BuiltinError("x509: unsupported time format");
    const fault = "x509: malformed GeneralizedTime";
    return timeFrom(asciiText(this.content(derTag.generalizedTime, fault)), fault, false);
  }
}

/** Longer lengths than 4 bytes of them would be more than any input holds. */
const maxLengthBytes = 4;

function headerOf(bytes: Uint8Array): { readonly size: number; readonly length: number } | undefined {
  const [tag, first] = bytes;
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  if (first < 0x80) return first + 2 <= bytes.length ? { size: 2, length: first } : undefined;
  const count = first & 0x7f;
  if (count === 0 || count > maxLengthBytes || bytes.length < 2 + count) return undefined;
  const length = Number(bigintFromBytes(bytes.subarray(2, 2 + count)));
  const isShortest = length >= 0x80 && length >= 2 ** (8 * (count - 1));
  return isShortest && 2 + count + length <= bytes.length ? { size: 2 + count, length } : undefined;
}

/** Unsigned, the highest byte first. */
export function bigintFromBytes(bytes: Uint8Array): bigint {
  return bytes.length === 0
    ? 0n
    : BigInt(`0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`);
}

/** The same back, with leading zeros up to a size. */
export function bytesFromBigint(value: bigint, size = 0): Uint8Array {
  const digits = value.toString(16);
  const hex = digits.padStart(Math.max(size * 2, digits.length + (digits.length % 2)), "0");
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Undefined for an encoding that is cut off or not the shortest. Parts may have any size. */
export function oidText(bytes: Uint8Array): string | undefined {
  const parts: bigint[] = [];
  let value = 0n;
  let isFirst = true;
  for (const byte of bytes) {
    if (isFirst && byte === 0x80) return undefined;
    value = (value << 7n) | BigInt(byte & 0x7f);
    isFirst = byte < 0x80;
    if (!isFirst) continue;
    parts.push(value);
    value = 0n;
  }
  const [first, ...rest] = parts;
  if (first === undefined || !isFirst) return undefined;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...rest].join(".");
}

export function isSmallOid(text: string): boolean {
  return text.split(".").every((part) => part.length <= 10 && Number(part) < 2 ** 31);
}

/** One character per byte. */
export function asciiText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

const timePattern = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/;

/** Only UTCTime may leave the seconds out. */
function timeFrom(text: string, fault: string, isUtcTime: boolean): DerTime {
  const match = timePattern.exec(text);
  const [, year = "", month = "", day = "", hour = "", minute = "", second, zone = ""] = match ?? [];
  if (match === null || (second === undefined && !isUtcTime) || zone === "+0000" || zone === "-0000")
    throw new BuiltinError(fault);
  const offset = zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second ?? "00"}`;
  const milliseconds = Date.parse(`${local}Z`);
  // Date takes February 30th for March 2nd.
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(local))
    throw new BuiltinError(fault);
  return { seconds: milliseconds / 1000 - offsetSeconds(zone), text: local + offset };
}

function offsetSeconds(zone: string): number {
  if (zone === "Z") return 0;
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(3)) * 60;
  return zone.startsWith("-") ? -seconds : seconds;
}
