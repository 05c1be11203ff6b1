import { type LocalTransformer, TransformError } from "./transformer.ts";

/** Reserved for what providers write: JSON begins with `{`, protobuf with `k8s` and a zero byte. */
const encryptedPrefix = Buffer.from("k8s:enc:");

/** Whether some provider has written it. */
export function isEncrypted(stored: Uint8Array): boolean {
  return stored[0] === 0x6b && encryptedPrefix.equals(stored.subarray(0, encryptedPrefix.length));
}

/** Plaintext, and the rule of resources that nobody configured: what is encrypted is never taken for a value. */
export const identity: LocalTransformer = {
  seal: (value) => value,
  open: (stored) => {
    if (isEncrypted(stored)) throw new TransformError("identity transformer tried to read encrypted data");
    return { value: stored, isStale: false };
  },
};
