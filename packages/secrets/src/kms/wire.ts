import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { type Codec, readFields, readMapEntry, writeBytes, writeMap, writeText } from "@sallyport/grpc";
import type { KmsCiphertext, KmsStatus } from "./service.ts";

export interface EncryptRequest {
  readonly plaintext: Uint8Array;
  readonly uid: string;
}

export interface DecryptRequest extends KmsCiphertext {
  readonly uid: string;
}

type Annotations = ReadonlyMap<string, Uint8Array>;

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
        else writeMap(writer, number, value as Annotations);
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
        if (field.type === "annotations") readMapEntry(reader, message[field.name] as Map<string, Uint8Array>);
        else message[field.name] = field.type === "bytes" ? reader.bytes() : reader.string();
        return true;
      });
      return message as Message;
    },
  };
}

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
