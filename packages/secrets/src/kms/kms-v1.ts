import { randomBytes } from "node:crypto";
import { aescbc } from "../encryption/aescbc.ts";
import { aesgcm } from "../encryption/aesgcm.ts";
import type { EncryptionMetrics } from "../encryption/encryption-metrics.ts";
import { type LocalTransformer, TransformError, type Transformer } from "../encryption/transformer.ts";
import type { KmsV1Service } from "./service.ts";

/**
 * KMS v1: each value has a data key of its own, which stands before it as the plugin sealed it: `length[2] ‖ sealed key ‖ AES-GCM`; what was
 * written before 1.25 with AES-CBC is read, and stale. `cacheSize` opened keys are kept; none when it is negative. kube-apiserver's `envelopeTransformer`.
 */
export function kmsV1Transformer(service: KmsV1Service, cacheSize: number, metrics?: EncryptionMetrics): Transformer {
  const kept = new Map<string, LocalTransformer>();
  const keep = (sealed: Uint8Array, secret: Uint8Array): LocalTransformer => {
    const transformer = eitherCipher(secret);
    if (cacheSize <= 0) return transformer;
    kept.set(Buffer.from(sealed).toString("base64"), transformer);
    const [oldest] = kept.keys();
    if (kept.size > cacheSize && oldest !== undefined) kept.delete(oldest);
    metrics?.cacheFilled(kept.size / cacheSize);
    return transformer;
  };
  return {
    seal: async (value, key) => {
      metrics?.arrived("to_storage");
      const make = () => randomBytes(32);
      const secret = metrics?.dataKey(make) ?? make();
      const sealed = await told(service.encrypt(secret));
      if (sealed.length > 0xffff)
        throw new TransformError(`the plugin's sealed key has ${sealed.length} bytes, at most 65535 fit`);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(sealed.length);
      return Buffer.concat([length, sealed, await keep(sealed, secret).seal(value, key)]);
    },
    open: async (stored, key) => {
      metrics?.arrived("from_storage");
      const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
      const end = bytes.length < 2 ? Number.POSITIVE_INFINITY : 2 + bytes.readUInt16BE(0);
      if (end > bytes.length)
        throw new TransformError(
          "invalid data encountered by envelope transformer: failed to read uint16 length prefixed data",
        );
      const sealed = bytes.subarray(2, end);
      const known = kept.get(sealed.toString("base64"));
      if (known === undefined && cacheSize > 0) metrics?.keyMissed();
      const transformer = known ?? keep(sealed, await told(service.decrypt(sealed)));
      return transformer.open(bytes.subarray(end), key);
    },
  };
}

/** AES-GCM writes; what it cannot open may have been written with AES-CBC, before 1.25. */
function eitherCipher(secret: Uint8Array): LocalTransformer {
  if (![16, 24, 32].includes(secret.length)) throw new TransformError(`crypto/aes: invalid key size ${secret.length}`);
  const [gcm, cbc] = [aesgcm(secret), aescbc(secret)];
  return {
    seal: gcm.seal,
    open: (stored, key) => {
      try {
        return gcm.open(stored, key);
      } catch (first) {
        try {
          return { value: cbc.open(stored, key).value, isStale: true };
        } catch (second) {
          throw new TransformError(`[${(first as Error).message}, ${(second as Error).message}]`);
        }
      }
    },
  };
}

async function told<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw new TransformError((error as Error).message, { cause: error });
  }
}
