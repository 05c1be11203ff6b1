import { BinaryReader, type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** How a message is written to bytes and read from them. Reading throws for bytes that are no message. */
export interface Codec<Message> {
  readonly write: (message: Message) => Uint8Array;
  readonly read: (bytes: Uint8Array) => Message;
}

/** A message without fields; what a later version has in it is passed over. */
export const empty: Codec<object> = { write: () => new Uint8Array(), read: () => ({}) };

/** Called for each field. Answers whether it read the field; what it does not know is passed over. */
type FieldReader = (field: number, reader: BinaryReader) => boolean;

/** Reads the fields of a message that may have others, of which a later version knows. */
export function readFields(bytes: Uint8Array, onField: FieldReader): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (!onField(field, reader)) reader.skip(type, field);
  }
}

/** Empty bytes are left out, as proto3 does. */
export function writeBytes(writer: BinaryWriter, field: number, value: Uint8Array): void {
  if (value.length > 0) writer.tag(field, WireType.LengthDelimited).bytes(value);
}

/** Empty text is left out, as proto3 does. */
export function writeText(writer: BinaryWriter, field: number, value: string): void {
  if (value !== "") writer.tag(field, WireType.LengthDelimited).string(value);
}

/** `map<string, bytes>`: one entry after another, in order of the keys, so that the same map has the same bytes. */
export function writeMap(writer: BinaryWriter, field: number, map: ReadonlyMap<string, Uint8Array>): void {
  for (const [key, value] of [...map].sort(([a], [b]) => (a < b ? -1 : 1))) {
    writer.tag(field, WireType.LengthDelimited).fork();
    writeText(writer, 1, key);
    writeBytes(writer, 2, value);
    writer.join();
  }
}

/** One entry of a `map<string, bytes>`, at which the reader stands. */
export function readMapEntry(reader: BinaryReader, to: Map<string, Uint8Array>): void {
  let key = "";
  let value: Uint8Array = new Uint8Array();
  readFields(reader.bytes(), (field, entry) => {
    if (field === 1) key = entry.string();
    else if (field === 2) value = entry.bytes();
    else return false;
    return true;
  });
  to.set(key, value);
}
