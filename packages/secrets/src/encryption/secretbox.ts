import { randomBytes } from "node:crypto";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { type LocalTransformer, TransformError, tooShort } from "./transformer.ts";

const nonceBytes = 24;
const tagBytes = 16;

/** NaCl's secretbox, XSalsa20 and Poly1305: nonce, tag, ciphertext. The value's place is not bound to it. `secret` has 32 bytes. */
export function secretbox(secret: Uint8Array): LocalTransformer {
  return {
    seal: (value) => {
      const nonce = randomBytes(nonceBytes);
      return Buffer.concat([nonce, xsalsa20poly1305(secret, nonce).encrypt(value)]);
    },
    open: (stored) => ({ value: openBox(secret, stored), isStale: false }),
  };
}

function openBox(secret: Uint8Array, stored: Uint8Array): Uint8Array {
  if (stored.length < nonceBytes + tagBytes) throw tooShort();
  try {
    return xsalsa20poly1305(secret, stored.subarray(0, nonceBytes)).decrypt(stored.subarray(nonceBytes));
  } catch {
    // kube-apiserver's words, although the array is large enough: the box was not made with this secret, or was changed.
    throw new TransformError("output array was not large enough for encryption");
  }
}
