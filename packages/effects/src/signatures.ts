import {
  constants,
  createPrivateKey,
  createPublicKey,
  sign as cryptoSign,
  verify as cryptoVerify,
  type KeyObject,
  type SignKeyObjectInput,
} from "node:crypto";
import type { SigningKey } from "@sallyport/rego";

/** Signs with a private key by a JWS algorithm of RFC 7518 section 3.1 or RFC 8037. Throws what OpenSSL does of a bad key. */
export function sign(algorithm: string, key: SigningKey, data: Uint8Array): Uint8Array {
  return cryptoSign(digestOf(algorithm), data, withOptions(algorithm, privateKey(key)));
}

/** False for a signature that does not match, or has a wrong size; throws for a key that cannot be read. */
export function verify(algorithm: string, key: SigningKey, data: Uint8Array, signature: Uint8Array): boolean {
  const options = withOptions(algorithm, publicKey(key));
  try {
    return cryptoVerify(digestOf(algorithm), data, options, signature);
  } catch {
    return false;
  }
}

function privateKey(key: SigningKey): KeyObject {
  return "pem" in key ? createPrivateKey(key.pem) : createPrivateKey({ key: { ...key.jwk }, format: "jwk" });
}

function publicKey(key: SigningKey): KeyObject {
  return "pem" in key ? createPublicKey(key.pem) : createPublicKey({ key: { ...key.jwk }, format: "jwk" });
}

/** EdDSA hashes by itself. */
function digestOf(algorithm: string): string | null {
  return algorithm === "EdDSA" ? null : `sha${algorithm.slice(2)}`;
}

function withOptions(algorithm: string, key: KeyObject): SignKeyObjectInput {
  if (algorithm.startsWith("PS")) {
    return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  }
  return algorithm.startsWith("ES") ? { key, dsaEncoding: "ieee-p1363" } : { key };
}
