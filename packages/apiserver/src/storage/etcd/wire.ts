/** Protobuf's wire format, as much of it as etcd's API needs: numbers, and what has a length. */

/** One field of a message: varints as bigint, everything with a length as bytes. */
export type WireValue = bigint | Uint8Array;

/** Writes the fields of one message in the order of the calls; zeros and empty bytes are left out, as proto3 does. */
export class WireWriter {
  readonly #parts: Uint8Array[] = [];

  number(field: number, value: number | bigint): this {
    return BigInt(value) === 0n ? this : this.union(field, value);
  }

  /** Also when it is zero: one of several fields that say by being there which it is. */
  union(field: number, value: number | bigint): this {
    this.#parts.push(varint(BigInt(field * 8)), varint(BigInt.asUintN(64, BigInt(value))));
    return this;
  }

  bool(field: number, value: boolean): this {
    return this.number(field, value ? 1 : 0);
  }

  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.message(field, value);
  }

  /** Also when it is empty: a message that is there. */
  message(field: number, value: Uint8Array): this {
    this.#parts.push(varint(BigInt(field * 8 + 2)), varint(BigInt(value.length)), value);
    return this;
  }

  end(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

function varint(value: bigint): Uint8Array {
  if (value < 0x80n) return Uint8Array.of(Number(value));
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** The fields of a message in their order. Throws `RangeError` for what is cut off. */
export function* readWire(bytes: Uint8Array): Generator<readonly [field: number, value: WireValue]> {
  let at = 0;
  const number = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("etcd's answer is cut off");
  };
  while (at < bytes.length) {
    const tag = Number(number());
    const field = tag >>> 3;
    if ((tag & 7) === 0) yield [field, number()];
    else if ((tag & 7) === 2) {
      const length = Number(number());
      if (at + length > bytes.length) throw new RangeError("etcd's answer is cut off");
      yield [field, bytes.subarray(at, at + length)];
      at += length;
    } else throw new RangeError(`etcd's answer has a field of wire type ${tag & 7}`);
  }
}

/** Revisions and counts: far below 2^53. */
export function numberOf(value: WireValue): number {
  return typeof value === "bigint" ? Number(BigInt.asIntN(64, value)) : 0;
}

export function bytesOf(value: WireValue): Uint8Array {
  return typeof value === "bigint" ? new Uint8Array() : value;
}

export function textOf(value: WireValue): string {
  return Buffer.from(bytesOf(value)).toString("utf8");
}
