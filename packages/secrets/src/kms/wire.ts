import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { KmsCiphertext, KmsStatus } from "./service.ts";

/** How a message is written to bytes and read from them. Reading throws for bytes that are no message. */
export interface Codec<Message> {
  readonly write: (message: Message) => Uint8Array;
  readonly read: (bytes: Uint8Array) => Message;
}

export interface EncryptRequest {
  readonly plaintext: Uint8Array;
  readonly uid: string;
}

export interface DecryptRequest extends KmsCiphertext {
  readonly uid: string;
}

type Annotations = ReadonlyMap<string, Uint8Array>;

/** Called for each field; what it does not know is passed over. Answers whether it did. */
type FieldReader = (field: number, reader: BinaryReader) => boolean;

/** Reads the fields of a message that may have others, of which a later version knows. */
export function readFields(bytes: Uint8Array, onField: FieldReader): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (!onField(field, reader)) reader.skip(type, field);
  }
}

export function writeBytes(writer: BinaryWriter, field: number, value: Uint8Array): void {
  if (value.length > 0) writer.tag(field, WireType.LengthDelimited).bytes(value);
}

export function writeText(writer: BinaryWriter, field: number, value: string): void {
  if (value !== "") writer.tag(field, WireType.LengthDelimited).string(value);
}

/** A map of bytes by text: one entry after another, in order of the keys, so that the same map has the same bytes. */
export function writeAnnotations(writer: BinaryWriter, field: number, annotations: Annotations): void {
  for (const [key, value] of [...annotations].sort(([a], [b]) => (a < b ? -1 : 1))) {
    writer.tag(field, WireType.LengthDelimited).fork();
    writeText(writer, 1, key);
    writeBytes(writer, 2, value);
    writer.join();
  }
}

export function readAnnotation(reader: BinaryReader, to: Map<string, Uint8Array>): void {
  let [key, value] = ["", new Uint8Array()] as [string, Uint8Array];
  readFields(reader.bytes(), (field, entry) => {
    if (field === 1) key = entry.string();
    else if (field === 2) value = entry.bytes();
    else return false;
    return true;
  });
  to.set(key, value);
}

/** A message of one kind of fields, by number; the empty value stands for one that is not there. */
function fieldsCodec<Message extends object>(
  fields: { readonly [name in keyof Message]: readonly [number, "bytes" | "text" | "annotations"] },
): Codec<Message> {
  const entries = Object.entries<readonly [number, "bytes" | "text" | "annotations"]>(fields);
  const byNumber = new Map(entries.map(([name, [number, type]]) => [number, { name, type }] as const));
  return {
    write: (message) => {
      const writer = new BinaryWriter();
      for (const [number, { name, type }] of byNumber) {
        const value = message[name as keyof Message];
        if (type === "bytes") writeBytes(writer, number, value as Uint8Array);
        else if (type === "text") writeText(writer, number, value as string);
        else writeAnnotations(writer, number, value as Annotations);
      }
      return writer.finish();
    },
    read: (bytes) => {
      const message: { [name: string]: unknown } = {};
      for (const { name, type } of byNumber.values())
        message[name] = type === "bytes" ? new Uint8Array() : type === "text" ? "" : new Map();
      readFields(bytes, (number, reader) => {
        const field = byNumber.get(number);
        if (field === undefined) return false;
        if (field.type === "annotations") readAnnotation(reader, message[field.name] as Map<string, Uint8Array>);
        else message[field.name] = field.type === "bytes" ? reader.bytes() : reader.string();
        return true;
      });
      return message as Message;
    },
  };
}

/** A request without fields. */
export const empty: Codec<object> = { write: () => new Uint8Array(), read: () => ({}) };

/** Field numbers of k8s.io/kms apis/v2/api.proto. */
export const v2 = {
  status: fieldsCodec<KmsStatus>({ version: [1, "text"], healthz: [2, "text"], keyId: [3, "text"] }),
  encryptRequest: fieldsCodec<EncryptRequest>({ plaintext: [1, "bytes"], uid: [2, "text"] }),
  encrypted: fieldsCodec<KmsCiphertext>({
    ciphertext: [1, "bytes"],
    keyId: [2, "text"],
    annotations: [3, "annotations"],
  }),
  decryptRequest: fieldsCodec<DecryptRequest>({
    ciphertext: [1, "bytes"],
    uid: [2, "text"],
    keyId: [3, "text"],
    annotations: [4, "annotations"],
  }),
  decrypted: fieldsCodec<{ readonly plaintext: Uint8Array }>({ plaintext: [1, "bytes"] }),
};

/** Field numbers of k8s.io/kms apis/v1beta1/api.proto. */
export const v1 = {
  versionRequest: fieldsCodec<{ readonly version: string }>({ version: [1, "text"] }),
  version: fieldsCodec<{ readonly version: string; readonly name: string; readonly runtime: string }>({
    version: [1, "text"],
    name: [2, "text"],
    runtime: [3, "text"],
  }),
  request: fieldsCodec<{ readonly version: string; readonly bytes: Uint8Array }>({
    version: [1, "text"],
    bytes: [2, "bytes"],
  }),
  answer: fieldsCodec<{ readonly bytes: Uint8Array }>({ bytes: [1, "bytes"] }),
};
