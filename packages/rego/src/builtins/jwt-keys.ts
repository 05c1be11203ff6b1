import { BuiltinError, type CryptoEffects, type SigningKey } from "./builtin.ts";
import { bytesFromBigint, DerReader } from "./der.ts";
import { encodeBase64, urlAlphabet } from "./encoding.ts";
import { type Jwk, parseJwks } from "./jwk.ts";
import { decodePem } from "./pem.ts";
import { parseCertificate, readKey } from "./x509-certificate.ts";
import type { PublicKey } from "./x509-public-key.ts";
import { readStructure } from "./x509-unmarshal.ts";

/** A key that a token may be verified with. */
export interface VerificationKey {
  /** `other` for keys that Go knows and no algorithm of tokens takes. */
  readonly kind: "RSA" | "EC" | "Ed25519" | "oct" | "other";
  /** Of a private key some builtins take the public half, others nothing. */
  readonly isPrivate: boolean;
  readonly alg: string;
  readonly kid: string;
  readonly secret: Uint8Array;
  readonly key: SigningKey;
}

/** The algorithms of RFC 7518 section 3.1 and RFC 8037 that OPA knows. */
export const tokenAlgorithms: readonly string[] = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"],
  ...["HS256", "HS384", "HS512", "EdDSA"],
];

/** The keys of a PEM certificate or public key, a JWK, or a set of JWKs. Throws `BuiltinError`. */
export function verificationKeys(text: string, crypto: CryptoEffects): readonly VerificationKey[] {
  const pem = decodePem(text);
  if (pem !== undefined) {
    if (pem.rest !== "") throw new BuiltinError("extra data after a PEM certificate block");
    return [pemKey(pem.block.type, pem.block.bytes)];
  }
  const keys = within("failed to parse a JWK key (set): jwk.ParseString: failed to parse string", () =>
    parseJwks(text, crypto),
  );
  const fault = keys.find(({ exportFault }) => exportFault !== undefined)?.exportFault;
  if (fault !== undefined) throw new BuiltinError(`jwk.Export: failed to export jwk.Key to raw format: ${fault}`);
  return keys.filter(({ alg }) => alg === "" || tokenAlgorithms.includes(alg)).map(jwkKey);
}

function pemKey(type: string, bytes: Uint8Array): VerificationKey {
  if (type === "CERTIFICATE")
    return publicKey(within("failed to parse a PEM certificate", () => parseCertificate(bytes).publicKey));
  if (type === "PUBLIC KEY") return publicKey(within("failed to parse a PEM public key", () => parsePublic(bytes)));
  throw new BuiltinError("failed to extract a Key from the PEM certificate");
}

function parsePublic(bytes: Uint8Array): PublicKey | undefined {
  readStructure(new DerReader(bytes), "publicKeyInfo");
  return readKey(new DerReader(bytes)).publicKey;
}

function within<Result>(prefix: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    throw new BuiltinError(`${prefix}: ${error.message}`);
  }
}

function publicKey(key: PublicKey | undefined): VerificationKey {
  const plain = { isPrivate: false, alg: "", kid: "", secret: new Uint8Array() };
  const url = (bytes: Uint8Array): string => encodeBase64(bytes, urlAlphabet, false);
  if (key?.kind === "rsa") {
    const jwk = { kty: "RSA", n: url(bytesFromBigint(key.n)), e: url(bytesFromBigint(key.e)) };
    return { ...plain, kind: "RSA", key: { jwk } };
  }
  if (key?.kind === "ecdsa") {
    const [x, y] = [key.x, key.y].map((each) => url(bytesFromBigint(each, key.curve.size)));
    return { ...plain, kind: "EC", key: { jwk: { kty: "EC", crv: key.curve.name, x, y } } };
  }
  if (key?.kind === "ed25519")
    return { ...plain, kind: "Ed25519", key: { jwk: { kty: "OKP", crv: "Ed25519", x: url(key.bytes) } } };
  return { ...plain, kind: "other", key: { jwk: {} } };
}

function jwkKey({ kind, curve, isPrivate, alg, kid, secret, fields }: Jwk): VerificationKey {
  const okp = curve === "Ed25519" ? "Ed25519" : "other";
  const { kty, n, e, crv, x, y } = fields;
  const jwk = kind === "RSA" ? { kty, n, e } : { kty, crv, x, ...(y === undefined ? {} : { y }) };
  return { kind: kind === "OKP" ? okp : kind, isPrivate, alg, kid, secret, key: { jwk } };
}

/** Whether a signature is right by a JWS algorithm. A key of another kind verifies nothing. */
export function isVerifiedBy(
  crypto: CryptoEffects,
  algorithm: string,
  { kind, key, secret }: VerificationKey,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (kindOf(algorithm) !== kind) return false;
  if (kind === "oct") return equalBytes(signature, crypto.hmac(hashOf(algorithm), secret, data));
  return crypto.verify(algorithm, key, data, signature);
}

function kindOf(algorithm: string): VerificationKey["kind"] | undefined {
  if (!tokenAlgorithms.includes(algorithm)) return undefined;
  return ({ RS: "RSA", PS: "RSA", ES: "EC", HS: "oct", Ed: "Ed25519" } as const)[algorithm.slice(0, 2)];
}

/** Of HS256, HS384 and HS512. */
export function hashOf(algorithm: string): "sha256" | "sha384" | "sha512" {
  return `sha${algorithm.slice(2)}` as "sha256" | "sha384" | "sha512";
}

/** In a time that depends on the length alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [i, byte] of a.entries()) difference |= byte ^ (b[i] as number);
  return difference === 0;
}
