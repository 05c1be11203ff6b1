/** What every object in protobuf begins with. */
const magic = Buffer.from("k8s\0");

/** Deeper messages are taken for text: nothing that the API answers nests so. */
const maxDepth = 40;

/** A field of a message: its number, and an integer, a text, or fields again. */
type WireField = readonly [number: number, value: string | readonly WireField[]];

/**
 * A protobuf answer as the fields that stand in it, in their order, without knowing what they mean; of a watch, one for each event.
 * Undefined for what is none.
 */
export function wireBody(bytes: Buffer): unknown {
  if (bytes.subarray(0, magic.length).equals(magic)) return { protobuf: fieldsOf(bytes.subarray(magic.length), 0) };
  const events: unknown[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    const event = bytes.subarray(at + 4, end);
    // Events of partial objects go without the beginning.
    const isWhole = event.subarray(0, magic.length).equals(magic);
    const fields = fieldsOf(isWhole ? event.subarray(magic.length) : event, 0);
    if (end > bytes.length || fields === undefined) return undefined;
    events.push(fields);
    at = end;
  }
  return events.length === 0 ? undefined : { protobufEvents: events };
}

/** Bytes that read as fields from end to end; undefined for others, which are text. */
function fieldsOf(bytes: Buffer, depth: number): readonly WireField[] | undefined {
  const fields: WireField[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; at < bytes.length && shift < 70n; shift += 7n) {
      const byte = bytes[at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag === undefined || tag < 8n || tag >> 3n > 20_000n) return undefined;
    const number = Number(tag >> 3n);
    const value = varint();
    if (value === undefined) return undefined;
    if ((tag & 7n) === 0n) fields.push([number, String(value)]);
    else if ((tag & 7n) === 2n && BigInt(bytes.length - at) >= value) {
      const inner = bytes.subarray(at, at + Number(value));
      at += Number(value);
      fields.push([number, (depth < maxDepth && innerFields(inner, depth + 1)) || inner.toString("utf8")]);
    } else return undefined;
  }
  return fields;
}

/** An object within, with the same beginning or without. */
function innerFields(bytes: Buffer, depth: number): readonly WireField[] | undefined {
  const isWhole = bytes.subarray(0, magic.length).equals(magic);
  const fields = fieldsOf(isWhole ? bytes.subarray(magic.length) : bytes, depth);
  return fields !== undefined && fields.length > 0 ? fields : undefined;
}
