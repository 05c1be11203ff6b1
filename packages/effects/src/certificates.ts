import { constants, createECDH, createPrivateKey, createPublicKey, verify as cryptoVerify } from "node:crypto";
import type { CurveName, SignatureScheme } from "@sallyport/rego";

/** False for a signature that does not match, and for keys and signatures that OpenSSL cannot read. */
export function verifyCertificate(
  { family, hash }: SignatureScheme,
  key: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const padding = family === "RSA-PSS" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const isRsa = family === "RSA" || family === "RSA-PSS";
  try {
    const publicKey = createPublicKey({ key: Buffer.from(key), format: "der", type: "spki" });
    const options = isRsa
      ? { key: publicKey, padding, ...(family === "RSA-PSS" ? { saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {}) }
      : { key: publicKey };
    return cryptoVerify(hash ?? null, data, options, signature);
  } catch {
    return false;
  }
}

/** OpenSSL's names. */
const curves: { readonly [name in CurveName]: string } = {
  "P-224": "secp224r1",
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
};

/** PKCS #8 of these keys, up to their 32 bytes (RFC 8410 section 7). */
const headers = {
  Ed25519: Buffer.from("302e020100300506032b657004220420", "hex"),
  X25519: Buffer.from("302e020100300506032b656e04220420", "hex"),
};

/** Undefined where the number is outside of the curve's order, or zero. */
export function publicKey(curve: CurveName | "Ed25519" | "X25519", secret: Uint8Array): Uint8Array | undefined {
  try {
    if (curve === "Ed25519" || curve === "X25519") {
      const key = createPrivateKey({ key: Buffer.concat([headers[curve], secret]), format: "der", type: "pkcs8" });
      return Buffer.from(createPublicKey(key).export({ format: "jwk" }).x as string, "base64url");
    }
    const pair = createECDH(curves[curve]);
    pair.setPrivateKey(secret);
    return pair.getPublicKey();
  } catch {
    return undefined;
  }
}
