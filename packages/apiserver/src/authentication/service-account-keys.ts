import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWholeSync } from "@sallyport/files";

/** A key that tokens are checked with. */
export interface VerificationKey {
  readonly key: KeyObject;
  readonly algorithm: string;
  /** As kube-apiserver names it: the SHA-256 of its public part. */
  readonly id: string;
}

/** The key of new tokens, and all whose tokens are taken: the first one and those before it. */
export interface ServiceAccountKeys {
  readonly signing: KeyObject;
  /** The signing key's public part is among them. */
  readonly verification: readonly VerificationKey[];
  readonly signingId: string;
  readonly algorithm: string;
}

/** Reads the signing key of a folder, or makes it. */
export function loadServiceAccountKeys(folder: string): ServiceAccountKeys {
  const file = join(folder, "sa.key");
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeWholeSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
  }
  return serviceAccountKeys(readFileSync(file, "utf8"), []);
}

/** Keys in PEM; `verification` may hold several, private or public, in each text. Throws one line for what is no key. */
export function serviceAccountKeys(signing: string, verification: readonly string[]): ServiceAccountKeys {
  const key = privateKeyOf(signing);
  const own = verificationKey(createPublicKey(key));
  const others = verification.flatMap(blocksOf).map((pem) => verificationKey(publicKeyOf(pem)));
  const all = new Map([own, ...others].map((each) => [each.id, each]));
  return { signing: key, verification: [...all.values()], signingId: own.id, algorithm: own.algorithm };
}

/** What `/openid/v1/jwks` answers. */
export function jwksOf({ verification }: ServiceAccountKeys): { readonly keys: readonly object[] } {
  return {
    keys: verification.map(({ key, id, algorithm }) => {
      const { kty, crv, ...numbers } = key.export({ format: "jwk" });
      return { use: "sig", kty, kid: id, ...(crv === undefined ? {} : { crv }), alg: algorithm, ...numbers };
    }),
  };
}

function blocksOf(pem: string): readonly string[] {
  const blocks = pem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
  const keys = blocks.filter((block) => !block.includes("EC PARAMETERS"));
  if (keys.length === 0) throw new Error("data does not contain any valid RSA or ECDSA public keys");
  return keys;
}

function privateKeyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error("data does not contain a valid RSA or ECDSA private key");
  }
}

function publicKeyOf(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw new Error("data does not contain any valid RSA or ECDSA public keys");
  }
}

function verificationKey(key: KeyObject): VerificationKey {
  const id = createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("base64url");
  return { key, id, algorithm: algorithmOf(key) };
}

const curves: { readonly [name: string]: string } = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const algorithm = asymmetricKeyType === "rsa" ? "RS256" : curves[asymmetricKeyDetails?.namedCurve ?? ""];
  if (algorithm === undefined) throw new Error("keys of service accounts are RSA, or ECDSA on P-256, P-384 or P-521");
  return algorithm;
}
