import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { readFields, readMapEntry, writeBytes, writeMap, writeText } from "@sallyport/grpc";
import { TransformError } from "../encryption/transformer.ts";

/** A key of AES-GCM, as before 1.29, or a seed that a key is derived from for each value. */
export const keySource = { aesGcmKey: 0, hkdfSeed: 1 } as const;

/** What lies behind `k8s:enc:kms:v2:NAME:`. k8s.io/apiserver's kmsv2 `EncryptedObject`. */
export interface EncryptedObject {
  readonly encryptedData: Uint8Array;
  readonly keyId: string;
  readonly encryptedDekSource: Uint8Array;
  readonly annotations: ReadonlyMap<string, Uint8Array>;
  /** One of `keySource`. */
  readonly sourceType: number;
}

/** Bytes; kube-apiserver's limits, so that what lies in etcd stays small, whatever a plugin answers. */
const limits = { keyId: 1024, dekSource: 1024, annotations: 32 * 1024 };

export function encodeObject(object: EncryptedObject): Uint8Array {
  const writer = new BinaryWriter();
  writeBytes(writer, 1, object.encryptedData);
  writeText(writer, 2, object.keyId);
  writeBytes(writer, 3, object.encryptedDekSource);
  writeMap(writer, 4, object.annotations);
  if (object.sourceType !== 0) writer.tag(5, WireType.Varint).int32(object.sourceType);
  return writer.finish();
}

/** Throws `TransformError` for bytes that are none, or that go beyond the limits. */
export function decodeObject(bytes: Uint8Array): EncryptedObject {
  const annotations = new Map<string, Uint8Array>();
  const object = {
    encryptedData: new Uint8Array() as Uint8Array,
    keyId: "",
    encryptedDekSource: new Uint8Array() as Uint8Array,
    annotations,
    sourceType: 0,
  };
  try {
    readFields(bytes, (field, reader) => {
      if (field === 1) object.encryptedData = reader.bytes();
      else if (field === 2) object.keyId = reader.string();
      else if (field === 3) object.encryptedDekSource = reader.bytes();
      else if (field === 4) readMapEntry(reader, annotations);
      else if (field === 5) object.sourceType = reader.int32();
      else return false;
      return true;
    });
  } catch (error) {
    throw new TransformError("proto: cannot parse invalid wire-format data", { cause: error });
  }
  const fault = objectFault(object);
  if (fault !== undefined) throw new TransformError(fault);
  return object;
}

/** What is wrong with an object that is to be stored, or was. */
export function objectFault(object: EncryptedObject): string | undefined {
  const { sourceType, encryptedData, encryptedDekSource, keyId, annotations } = object;
  if (sourceType !== keySource.aesGcmKey && sourceType !== keySource.hkdfSeed)
    return `unknown encryptedDEKSourceType: ${sourceType}`;
  if (encryptedData.length === 0) return "encrypted data is empty";
  const size = encryptedDekSource.length;
  if (size === 0) return "failed to validate encrypted DEK source: encrypted DEK source is empty";
  if (size > limits.dekSource)
    return `failed to validate encrypted DEK source: encrypted DEK source is ${size} bytes, which exceeds the max size of ${limits.dekSource}`;
  const key = keyIdFault(keyId);
  if (key !== undefined) return `failed to validate key id: ${key}`;
  const annotation = annotationsFault(annotations);
  return annotation && `failed to validate annotations: ${annotation}`;
}

export function keyIdFault(keyId: string): string | undefined {
  const size = Buffer.byteLength(keyId);
  if (size === 0) return "keyID is empty";
  return size > limits.keyId ? `keyID is ${size} bytes, which exceeds the max size of ${limits.keyId}` : undefined;
}

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Keys are fully qualified names of domains. */
function annotationsFault(annotations: ReadonlyMap<string, Uint8Array>): string | undefined {
  let size = 0;
  for (const [key, value] of annotations) {
    const labels = key.replace(/\.$/, "").split(".");
    if (labels.length < 2 || key.length > 253 || !labels.every((each) => label.test(each)))
      return `annotations: Invalid value: ${JSON.stringify(key)}: should be a domain with at least two segments separated by dots`;
    size += Buffer.byteLength(key) + value.length;
  }
  return size > limits.annotations
    ? `total size of annotations is ${size}, which exceeds the max size of ${limits.annotations}`
    : undefined;
}
