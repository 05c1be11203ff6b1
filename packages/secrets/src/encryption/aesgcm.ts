import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { type LocalTransformer, TransformError, tooShort } from "./transformer.ts";

const nonceBytes = 12;
const tagBytes = 16;

/** AES-GCM with a random nonce: nonce, ciphertext, tag; the value's place is authenticated. `secret` has 16, 24 or 32 bytes. */
export function aesgcm(secret: Uint8Array): LocalTransformer {
  return {
    seal: (value, key) => sealGcm(secret, randomBytes(nonceBytes), value, key),
    open: (stored, key) => ({ value: openGcm(secret, stored, key), isStale: false }),
  };
}

/** Nonce, ciphertext, tag. A nonce must never be used twice with one secret. */
export function sealGcm(secret: Uint8Array, nonce: Uint8Array, value: Uint8Array, key: string): Uint8Array {
  const cipher = createCipheriv(cipherOf(secret), secret, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(key));
  return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
}

/** Throws `TransformError` where any bit, the secret or the place is another one: nothing of the value is given away before that is known. */
export function openGcm(secret: Uint8Array, stored: Uint8Array, key: string): Uint8Array {
  if (stored.length < nonceBytes) throw tooShort();
  const tagAt = stored.length - tagBytes;
  if (tagAt < nonceBytes) throw notAuthentic();
  const nonce = stored.subarray(0, nonceBytes);
  const decipher = createDecipheriv(cipherOf(secret), secret, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(key));
  decipher.setAuthTag(stored.subarray(tagAt));
  const value = decipher.update(stored.subarray(nonceBytes, tagAt));
  try {
    return Buffer.concat([value, decipher.final()]);
  } catch {
    throw notAuthentic();
  }
}

function cipherOf(secret: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  return secret.length === 16 ? "aes-128-gcm" : secret.length === 24 ? "aes-192-gcm" : "aes-256-gcm";
}

/** The words of Go's library, which kube-apiserver passes on. */
function notAuthentic(): TransformError {
  return new TransformError("cipher: message authentication failed");
}
