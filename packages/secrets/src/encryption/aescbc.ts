import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { type LocalTransformer, TransformError, tooShort } from "./transformer.ts";

const blockBytes = 16;

/** AES-CBC with PKCS#7 padding behind a random IV. Nothing is authenticated: Kubernetes no longer recommends it. `secret` has 16, 24 or 32 bytes. */
export function aescbc(secret: Uint8Array): LocalTransformer {
  return {
    seal: (value) => {
      const iv = randomBytes(blockBytes);
      const cipher = createCipheriv(cipherOf(secret), secret, iv);
      return Buffer.concat([iv, cipher.update(value), cipher.final()]);
    },
    open: (stored) => ({ value: openCbc(secret, stored), isStale: false }),
  };
}

function openCbc(secret: Uint8Array, stored: Uint8Array): Uint8Array {
  if (stored.length < blockBytes) throw tooShort();
  const data = stored.subarray(blockBytes);
  if (data.length % blockBytes !== 0) throw new TransformError("the stored data is not a multiple of the block size");
  const decipher = createDecipheriv(cipherOf(secret), secret, stored.subarray(0, blockBytes)).setAutoPadding(false);
  return unpadded(Buffer.concat([decipher.update(data), decipher.final()]));
}

/** By hand, for its words: of OpenSSL's, one stands for both faults. */
function unpadded(padded: Buffer): Uint8Array {
  const size = padded.at(-1) ?? 0;
  if (size === 0 || size > padded.length) throw new TransformError("invalid PKCS7 data (empty or not padded)");
  const end = padded.length - size;
  if (padded.subarray(end).some((byte) => byte !== size)) throw new TransformError("invalid padding on input");
  return padded.subarray(0, end);
}

function cipherOf(secret: Uint8Array): string {
  return `aes-${secret.length * 8}-cbc`;
}
