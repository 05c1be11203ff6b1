import { BuiltinError } from "./builtin.ts";

/** What stands before a value, as Go's encoding/asn1 reads it. */
export interface Asn1Header {
  readonly class: number;
  readonly tag: number;
  readonly isCompound: boolean;
  /** Bytes of the value; there may be fewer. */
  readonly length: number;
}

/** Go refuses lengths from here on before it reads on. */
const maxLength = 2 ** 23;
const maxTag = 2 ** 31 - 1;
/** Groups of seven bits in a tag. */
const maxTagBytes = 5;

/** The header at the beginning, or a `BuiltinError` in Go's words: what is wrong with it is told before what is wrong with the value. */
export function readHeader(bytes: Uint8Array): Asn1Header {
  const rest = bytes.values();
  const next = (fault: string): number => {
    const { value, done } = rest.next();
    if (done === true) throw new BuiltinError(`asn1: syntax error: ${fault}`);
    return value;
  };
  const first = next("sequence truncated");
  const tag = (first & 0x1f) === 0x1f ? longTag(() => next("truncated base 128 integer")) : first & 0x1f;
  const length = lengthFrom(() => next("truncated tag or length"));
  return { class: first >> 6, tag, isCompound: (first & 0x20) !== 0, length };
}

function longTag(next: () => number): number {
  let tag = 0;
  for (let at = 0; ; at++) {
    const byte = next();
    if (at === maxTagBytes) throw new BuiltinError("asn1: structure error: base 128 integer too large");
    if (at === 0 && byte === 0x80) throw new BuiltinError("asn1: syntax error: integer is not minimally encoded");
    tag = tag * 128 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  if (tag > maxTag) throw new BuiltinError("asn1: structure error: base 128 integer too large");
  if (tag < 0x1f) throw new BuiltinError("asn1: syntax error: non-minimal tag");
  return tag;
}

function lengthFrom(next: () => number): number {
  const first = next();
  if (first < 0x80) return first;
  if (first === 0x80) throw new BuiltinError("asn1: syntax error: indefinite length found (not DER)");
  let length = 0;
  for (let left = first & 0x7f; left > 0; left--) {
    const byte = next();
    if (length >= maxLength) throw new BuiltinError("asn1: structure error: length too large");
    length = length * 256 + byte;
    if (length === 0) throw new BuiltinError("asn1: structure error: superfluous leading zeros in length");
  }
  if (length < 0x80) throw new BuiltinError("asn1: structure error: non-minimal length");
  return length;
}
