import { type KmsCiphertext, KmsError, type KmsService } from "./service.ts";

/** What was sealed: by which key, and what a source needs to open it beside. */
export type SealedKey = KmsCiphertext;

/**
 * Where the key of a plugin lies: it never leaves there. Rejects with `KmsError`, whose words hold nothing secret. `keyId` is stable for a
 * key, and never another key's: an API server takes another one for a rotation.
 */
export interface KeySource {
  /** Which key seals now. */
  readonly currentKeyId: () => Promise<string>;
  readonly seal: (plaintext: Uint8Array) => Promise<SealedKey>;
  /** Also what older keys have sealed. */
  readonly open: (sealed: SealedKey) => Promise<Uint8Array>;
  readonly close: () => void;
}

const probe = new TextEncoder().encode("sallyport");

/** A source as KMS v2 tells of it. It is well when what it seals can be opened again: a key that only seals would lose all that is written with it. */
export function kmsServiceOf(source: KeySource): KmsService {
  return {
    status: async () => {
      const keyId = await source.currentKeyId();
      return { version: "v2", healthz: await healthOf(source), keyId };
    },
    encrypt: (_, plaintext) => source.seal(plaintext),
    decrypt: (_, sealed) => source.open(sealed),
    close: () => source.close(),
  };
}

async function healthOf(source: KeySource): Promise<string> {
  try {
    const opened = await source.open(await source.seal(probe));
    return Buffer.from(probe).equals(opened) ? "ok" : "what was sealed was opened to something else";
  } catch (error) {
    return error instanceof KmsError ? error.message : "the key source failed";
  }
}
