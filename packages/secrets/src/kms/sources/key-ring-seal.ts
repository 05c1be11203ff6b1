import { createHmac, hkdfSync, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { openGcm, sealGcm } from "../../encryption/aesgcm.ts";
import { SourceError } from "../../source-error.ts";

/** What opens a ring: what a person can remember, or a file of randomness. */
export interface RingSecret {
  readonly kind: "passphrase" | "key";
  readonly bytes: Uint8Array;
}

/** How the sealing key of a ring comes from its secret; stored in clear. `salt` is base64. */
export type Derivation =
  | { readonly name: "scrypt"; readonly salt: string; readonly n: number; readonly r: 8; readonly p: 1 }
  | { readonly name: "hkdf-sha256"; readonly salt: string };

/** 128 MiB and some tenths of a second a guess: OWASP's recommendation for scrypt. */
export const scryptCost = 2 ** 17;

/** Less is guessed too easily; for more the memory of a small machine is not enough. */
const costs = { least: 2 ** 14, most: 2 ** 20 };

/** Of a key file: fewer bytes than the cipher's key would be weaker than it. */
const keyBytes = 32;

/** What seals the keys of a ring, and vouches for the ring as a whole. */
export interface RingSeal {
  readonly derivation: Derivation;
  readonly seal: (secret: Uint8Array, id: string) => string;
  /** Throws `TransformError`. */
  readonly open: (sealed: string, id: string) => Uint8Array;
  readonly sign: (text: string) => string;
  readonly verify: (text: string, signature: string) => boolean;
}

/** A derivation for a new ring. */
export function newDerivation(kind: RingSecret["kind"], cost: number): Derivation {
  const salt = randomBytes(16).toString("base64");
  return kind === "key" ? { name: "hkdf-sha256", salt } : { name: "scrypt", salt, n: cost, r: 8, p: 1 };
}

/** Rejects with `SourceError` where the secret is of another kind than the ring's, or too weak. */
export async function deriveRingSeal(derivation: Derivation, secret: RingSecret): Promise<RingSeal> {
  const root = await rootOf(derivation, secret);
  const [sealing, signing] = ["seal", "sign"].map((use) => derived(root, "", `sallyport key ring ${use}`)) as [
    Buffer,
    Buffer,
  ];
  const signatureOf = (text: string) => createHmac("sha256", signing).update(text).digest();
  return {
    derivation,
    seal: (bytes, id) => Buffer.from(sealGcm(sealing, randomBytes(12), bytes, id)).toString("base64"),
    open: (sealed, id) => openGcm(sealing, Buffer.from(sealed, "base64"), id),
    sign: (text) => signatureOf(text).toString("base64"),
    verify: (text, signature) => {
      const [right, given] = [signatureOf(text), Buffer.from(signature, "base64")];
      return right.length === given.length && timingSafeEqual(right, given);
    },
  };
}

async function rootOf(derivation: Derivation, { kind, bytes }: RingSecret): Promise<Buffer> {
  const salt = Buffer.from(derivation.salt, "base64");
  if (derivation.name === "scrypt") {
    if (kind !== "passphrase") throw new SourceError("the ring is sealed under a passphrase, not under a key file");
    return stretched(bytes, salt, derivation.n);
  }
  if (kind !== "key") throw new SourceError("the ring is sealed under a key file, not under a passphrase");
  if (bytes.length < keyBytes)
    throw new SourceError(`a key file needs ${keyBytes} bytes of randomness, this one has ${bytes.length}`);
  return derived(bytes, salt, "sallyport key ring");
}

function stretched(passphrase: Uint8Array, salt: Uint8Array, n: number): Promise<Buffer> {
  if (!Number.isInteger(Math.log2(n)) || n < costs.least || n > costs.most)
    throw new SourceError(`the ring's n is ${n}; expected a power of two from ${costs.least} to ${costs.most}`);
  const memory = { N: n, r: 8, p: 1, maxmem: 2 * 128 * 8 * n };
  return new Promise((resolve, reject) =>
    scrypt(passphrase, salt, 32, memory, (error, key) => (error === null ? resolve(key) : reject(error))),
  );
}

function derived(secret: Uint8Array, salt: Uint8Array | string, use: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, salt, use, 32));
}
