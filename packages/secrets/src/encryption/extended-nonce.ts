import { createHmac, randomBytes } from "node:crypto";
import { openGcm, sealGcm } from "./aesgcm.ts";
import { type LocalTransformer, TransformError, tooShort } from "./transformer.ts";

const infoBytes = 32;
const seedBytes = 32;

/**
 * AES-256-GCM with a key of its own for each value, derived from a seed and random bytes that stand before it, so that nonces never
 * run out: `info[32] ‖ nonce[12] ‖ ciphertext ‖ tag[16]`. KEP-3299; kube-apiserver's `extendedNonceGCM`. Throws `TransformError` for a seed that is too short.
 */
export function extendedNonceGcm(seed: Uint8Array): LocalTransformer {
  if (seed.length < seedBytes) throw new TransformError(`invalid seed length ${seed.length} used for key generation`);
  return {
    seal: (value, key) => {
      const info = randomBytes(infoBytes);
      return Buffer.concat([info, sealGcm(derived(seed, info), randomBytes(12), value, key)]);
    },
    open: (stored, key) => {
      if (stored.length < infoBytes) throw tooShort();
      const secret = derived(seed, stored.subarray(0, infoBytes));
      return { value: openGcm(secret, stored.subarray(infoBytes), key), isStale: false };
    },
  };
}

/** HKDF's expansion with SHA-256, of which 32 bytes are the first block: RFC 5869, section 2.3. The seed is random already, and needs no extraction. */
function derived(seed: Uint8Array, info: Uint8Array): Uint8Array {
  return createHmac("sha256", seed).update(info).update(Uint8Array.of(1)).digest();
}
