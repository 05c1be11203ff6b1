import {
  constants,
  createCipheriv,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import { SealError } from "./seal-error.ts";

const sessionKeyBytes = 32;
const lengthBytes = 2;
const tagBytes = 16;

/** Of nothing but zeros: each session key encrypts one value, and is never used again. */
const nonce = Buffer.alloc(12);

/**
 * A value for whoever has the private key: a session key under RSA-OAEP with SHA-256, behind its length in two bytes, big end
 * first, then the value under AES-256-GCM. `label` must be the same again to open it. sealed-secrets' `crypto.HybridEncrypt`.
 */
export function hybridEncrypt(publicKey: KeyObject, value: Uint8Array, label: string): Buffer {
  const sessionKey = randomBytes(sessionKeyBytes);
  const wrapped = publicEncrypt(oaep(publicKey, label), sessionKey);
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt16BE(wrapped.length);
  const cipher = createCipheriv("aes-256-gcm", sessionKey, nonce);
  return Buffer.concat([length, wrapped, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
}

/** Tries each key, as after a renewal old ones are still needed. Throws `SealError`, which holds nothing of the value. */
export function hybridDecrypt(privateKeys: readonly KeyObject[], sealed: Uint8Array, label: string): Buffer {
  const bytes = Buffer.from(sealed);
  if (bytes.length < lengthBytes) throw new SealError("the value is cut off: it has no session key");
  const valueAt = lengthBytes + bytes.readUInt16BE(0);
  if (bytes.length < valueAt + tagBytes)
    throw new SealError("the value is cut off: it is shorter than its session key and its tag");
  for (const key of privateKeys) {
    const sessionKey = unwrapped(key, bytes.subarray(lengthBytes, valueAt), label);
    if (sessionKey !== undefined) return openWith(sessionKey, bytes.subarray(valueAt));
  }
  throw new SealError("no key opens it: it was sealed for another key, or for another name, namespace or scope");
}

function unwrapped(key: KeyObject, wrapped: Buffer, label: string): Buffer | undefined {
  try {
    const sessionKey = privateDecrypt(oaep(key, label), wrapped);
    return sessionKey.length === sessionKeyBytes ? sessionKey : undefined;
  } catch {
    // Of another key, or with another label: RSA-OAEP does not say which.
    return undefined;
  }
}

function openWith(sessionKey: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", sessionKey, nonce);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]);
  } catch {
    throw new SealError("the value was changed after it was sealed");
  }
}

function oaep(key: KeyObject, label: string) {
  return { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256", oaepLabel: Buffer.from(label) };
}
