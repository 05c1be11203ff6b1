import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import { BundleError } from "./bundle-error.ts";

/** The algorithms that OPA signs bundles with. RFC 7518, section 3.1. */
const algorithms: { readonly [name: string]: { readonly hash: string; readonly kind: "hmac" | "rsa" | "pss" | "ec" } } =
  {
    HS256: { hash: "sha256", kind: "hmac" },
    HS384: { hash: "sha384", kind: "hmac" },
    HS512: { hash: "sha512", kind: "hmac" },
    RS256: { hash: "sha256", kind: "rsa" },
    RS384: { hash: "sha384", kind: "rsa" },
    RS512: { hash: "sha512", kind: "rsa" },
    PS256: { hash: "sha256", kind: "pss" },
    PS384: { hash: "sha384", kind: "pss" },
    PS512: { hash: "sha512", kind: "pss" },
    ES256: { hash: "sha256", kind: "ec" },
    ES384: { hash: "sha384", kind: "ec" },
    ES512: { hash: "sha512", kind: "ec" },
  };

const badPem = "failed to parse PEM block containing the key";

/** A JWS in compact form. `key` is the secret, or a PEM private key. Throws `BundleError`. RFC 7515. */
export function signJws(header: object, payload: string, algorithm: string, key: string): string {
  const { hash, kind } = algorithmOf(algorithm);
  const input = `${base64url(JSON.stringify(header))}.${base64url(payload)}`;
  if (kind === "hmac") return `${input}.${createHmac(hash, key).update(input).digest("base64url")}`;
  const privateKey = keyFrom(key, createPrivateKey);
  return `${input}.${sign(hash, Buffer.from(input), keyOptions(privateKey, kind)).toString("base64url")}`;
}

/** The payload of a JWS whose signature is right. `key` is the secret, or a PEM public key or certificate. Throws `BundleError`. */
export function verifyJws(token: string, algorithm: string, key: string): string {
  const { hash, kind } = algorithmOf(algorithm);
  const parts = token.split(".");
  const [header = "", payload = "", signature = ""] = parts;
  if (parts.length !== 3) throw new BundleError("failed to verify JWT signature: invalid compact serialization");
  const input = `${header}.${payload}`;
  const given = Buffer.from(signature, "base64url");
  if (kind === "hmac") requireHmac(createHmac(hash, key).update(input).digest(), given);
  else if (!verify(hash, Buffer.from(input), keyOptions(keyFrom(key, createPublicKey), kind), given))
    throw new BundleError(`failed to verify JWT signature: invalid ${kind === "ec" ? "ECDSA" : "RSA"} signature`);
  return Buffer.from(payload, "base64url").toString("utf8");
}

function requireHmac(wanted: Buffer, given: Buffer): void {
  if (wanted.length !== given.length || !timingSafeEqual(wanted, given))
    throw new BundleError("failed to verify JWT signature: invalid HMAC signature");
}

/** True for the names of algorithms that bundles are signed with. */
export function isSigningAlgorithm(name: string): boolean {
  return Object.hasOwn(algorithms, name);
}

function algorithmOf(name: string): (typeof algorithms)[string] {
  const found = isSigningAlgorithm(name) ? algorithms[name] : undefined;
  if (found === undefined) throw new BundleError(`unknown signature algorithm: ${name}`);
  return found;
}

function keyFrom(pem: string, create: (pem: string) => KeyObject): KeyObject {
  try {
    return create(pem);
  } catch {
    throw new BundleError(badPem);
  }
}

function keyOptions(
  key: KeyObject,
  kind: "rsa" | "pss" | "ec",
): {
  readonly key: KeyObject;
  readonly dsaEncoding?: "ieee-p1363";
  readonly padding?: number;
  readonly saltLength?: number;
} {
  if (kind === "ec") return { key, dsaEncoding: "ieee-p1363" };
  if (kind === "rsa") return { key, padding: constants.RSA_PKCS1_PADDING };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
