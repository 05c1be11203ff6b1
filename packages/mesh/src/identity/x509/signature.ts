import { type KeyObject, sign, verify } from "node:crypto";
import { element, oid, sequence } from "./der-writer.ts";
import { oids } from "./oids.ts";

interface Algorithm {
  readonly keyType: string;
  readonly digest: string | null;
}

/** How what we read may be signed. SHA-1 and MD5 are not among them: who can find collisions could write certificates. */
const algorithms: ReadonlyMap<string, Algorithm> = new Map([
  [oids.ecdsaWithSha256, { keyType: "ec", digest: "sha256" }],
  [oids.ecdsaWithSha384, { keyType: "ec", digest: "sha384" }],
  [oids.ecdsaWithSha512, { keyType: "ec", digest: "sha512" }],
  [oids.rsaWithSha256, { keyType: "rsa", digest: "sha256" }],
  [oids.rsaWithSha384, { keyType: "rsa", digest: "sha384" }],
  [oids.rsaWithSha512, { keyType: "rsa", digest: "sha512" }],
  [oids.ed25519, { keyType: "ed25519", digest: null }],
]);

export function isKnownSignature(algorithm: string): boolean {
  return algorithms.has(algorithm);
}

/** Whether the key signed that, by an algorithm that we take and that is one of the key's kind. */
export function isSignedBy(key: KeyObject, algorithm: string, signed: Buffer, signature: Buffer): boolean {
  const known = algorithms.get(algorithm);
  if (known === undefined || known.keyType !== key.asymmetricKeyType) return false;
  return verify(known.digest, signed, key, signature);
}

/** How a key of ours signs. */
export interface SigningKey {
  readonly sign: (bytes: Uint8Array) => Buffer;
  /** AlgorithmIdentifier in DER. */
  readonly algorithm: Buffer;
}

const nullParameters = element(0x05);

/** As browsers and Go do: the digest has the size of the key. Throws for a key that we cannot sign with. */
export function signingKeyOf(key: KeyObject): SigningKey {
  const { name, digest, parameters } = schemeOf(key);
  return { sign: (bytes) => sign(digest, bytes, key), algorithm: sequence(oid(name), ...parameters) };
}

function schemeOf(key: KeyObject) {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === "ed25519") return { name: oids.ed25519, digest: null, parameters: [] };
  if (key.asymmetricKeyType === "rsa")
    return { name: oids.rsaWithSha256, digest: "sha256", parameters: [nullParameters] };
  if (curve === "prime256v1") return { name: oids.ecdsaWithSha256, digest: "sha256", parameters: [] };
  if (curve === "secp384r1") return { name: oids.ecdsaWithSha384, digest: "sha384", parameters: [] };
  if (curve === "secp521r1") return { name: oids.ecdsaWithSha512, digest: "sha512", parameters: [] };
  throw new Error(
    `a key of type ${curve ?? key.asymmetricKeyType} does not sign certificates: expected P-256, P-384, P-521, RSA or Ed25519`,
  );
}
