import { Uint, type Value } from "@sallyport/cel";

/** A field of a message in protobuf's binary form: its number, and its varint, its fixed bits, or its bytes. */
interface WireField {
  readonly number: number;
  readonly bits: bigint;
  readonly bytes: Uint8Array;
}

/** The numbers of TestAllTypes' first fields. */
const names = [
  "",
  "single_int32",
  "single_int64",
  "single_uint32",
  "single_uint64",
  "single_sint32",
  "single_sint64",
  "single_fixed32",
  "single_fixed64",
  "single_sfixed32",
  "single_sfixed64",
  "single_float",
  "single_double",
  "single_bool",
  "single_string",
  "single_bytes",
];

/** A field of TestAllTypes that holds another message in binary form. */
const ANY_NUMBER = 100;

/** What TestAllTypes holds in binary form; `nested` makes the value of an Any's bytes. Undefined when the bytes are no message. */
export function decodeTestMessage(
  bytes: Uint8Array,
  nested: (bytes: Uint8Array) => Value,
): Map<string, Value> | undefined {
  const fields = readFields(bytes);
  if (fields === undefined) return undefined;
  const values = new Map<string, Value>();
  for (const field of fields) {
    const name = names[field.number];
    if (name !== undefined) values.set(name, scalarOf(name.slice("single_".length), field));
    else if (field.number === ANY_NUMBER) {
      const content = readFields(field.bytes)?.find(({ number }) => number === 2);
      values.set("single_any", nested(content?.bytes ?? new Uint8Array()));
    }
  }
  return values;
}

function scalarOf(kind: string, { bits, bytes }: WireField): Value {
  switch (kind) {
    case "string":
      return new TextDecoder().decode(bytes);
    case "bytes":
      return bytes;
    case "bool":
      return bits !== 0n;
    case "double":
    case "float":
      return doubleOf(bits, kind === "float");
    case "sint32":
    case "sint64":
      return (bits >> 1n) ^ -(bits & 1n);
    case "uint32":
    case "uint64":
    case "fixed32":
    case "fixed64":
      return new Uint(bits);
    case "sfixed32":
      return BigInt.asIntN(32, bits);
    default:
      return BigInt.asIntN(64, bits);
  }
}

function doubleOf(bits: bigint, isSingle: boolean): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, isSingle ? bits << 32n : bits);
  return isSingle ? view.getFloat32(0) : view.getFloat64(0);
}

function readFields(bytes: Uint8Array): readonly WireField[] | undefined {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; at < bytes.length; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    at = Number.POSITIVE_INFINITY;
    return value;
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const kind = tag & 7;
    let [bits, content] = [0n, new Uint8Array()];
    if (kind === 0) bits = varint();
    else {
      const size = kind === 2 ? Number(varint()) : kind === 1 ? 8 : 4;
      content = bytes.slice(at, at + size);
      if (kind !== 2) bits = content.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      at += size;
    }
    if (at > bytes.length) return undefined;
    fields.push({ number: tag >> 3, bits, bytes: content });
  }
  return fields;
}
