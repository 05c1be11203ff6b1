import type { CurveName, SignatureScheme } from "./builtin.ts";
import { contextTag, DerReader, derTag } from "./der.ts";

// Numbers and object identifiers as Go's crypto/x509 has them; RFC 3279, 4055, 5758 and 8410 name the identifiers.

/** AlgorithmIdentifier of RFC 5280 section 4.1.1.2; `parameters` with their tag, empty when there are none. */
export interface AlgorithmIdentifier {
  readonly algorithm: string;
  readonly parameters: Uint8Array;
}

export function readAlgorithm(reader: DerReader): AlgorithmIdentifier {
  const algorithm = reader.objectIdentifier("x509: malformed OID");
  if (reader.isEmpty) return { algorithm, parameters: new Uint8Array() };
  return { algorithm, parameters: reader.any("x509: malformed parameters").element };
}

export const keyOids = {
  rsa: "1.2.840.113549.1.1.1",
  dsa: "1.2.840.10040.4.1",
  ecdsa: "1.2.840.10045.2.1",
  x25519: "1.3.101.110",
  ed25519: "1.3.101.112",
} as const;

/** Go's PublicKeyAlgorithm; 0 is an unknown one. */
export function publicKeyAlgorithm(oid: string): number {
  return { [keyOids.rsa]: 1, [keyOids.dsa]: 2, [keyOids.ecdsa]: 3, [keyOids.ed25519]: 4 }[oid] ?? 0;
}

interface SignatureAlgorithm {
  /** Go's SignatureAlgorithm. */
  readonly number: number;
  /** Undefined where certificates signed so are not trusted: MD5, SHA-1, DSA. */
  readonly scheme: SignatureScheme | undefined;
}

const unknown: SignatureAlgorithm = { number: 0, scheme: undefined };

function algorithm(
  number: number,
  family?: SignatureScheme["family"],
  hash?: SignatureScheme["hash"],
): SignatureAlgorithm {
  return { number, scheme: family && { family, hash } };
}

const signatures: { readonly [oid: string]: SignatureAlgorithm } = {
  "1.2.840.113549.1.1.4": algorithm(2),
  "1.2.840.113549.1.1.5": algorithm(3),
  "1.3.14.3.2.29": algorithm(3),
  "1.2.840.113549.1.1.11": algorithm(4, "RSA", "sha256"),
  "1.2.840.113549.1.1.12": algorithm(5, "RSA", "sha384"),
  "1.2.840.113549.1.1.13": algorithm(6, "RSA", "sha512"),
  "1.2.840.10040.4.3": algorithm(7),
  "2.16.840.1.101.3.4.3.2": algorithm(8),
  "1.2.840.10045.4.1": algorithm(9),
  "1.2.840.10045.4.3.2": algorithm(10, "ECDSA", "sha256"),
  "1.2.840.10045.4.3.3": algorithm(11, "ECDSA", "sha384"),
  "1.2.840.10045.4.3.4": algorithm(12, "ECDSA", "sha512"),
  "1.3.101.112": algorithm(16, "Ed25519"),
};

const pssOid = "1.2.840.113549.1.1.10";

export function signatureAlgorithm({ algorithm: oid, parameters }: AlgorithmIdentifier): SignatureAlgorithm {
  if (oid === pssOid) return pssAlgorithm(parameters);
  if (oid === keyOids.ed25519 && parameters.length > 0) return unknown;
  return signatures[oid] ?? unknown;
}

const pssByHash: { readonly [oid: string]: { readonly salt: number; readonly algorithm: SignatureAlgorithm } } = {
  "2.16.840.1.101.3.4.2.1": { salt: 32, algorithm: algorithm(13, "RSA-PSS", "sha256") },
  "2.16.840.1.101.3.4.2.2": { salt: 48, algorithm: algorithm(14, "RSA-PSS", "sha384") },
  "2.16.840.1.101.3.4.2.3": { salt: 64, algorithm: algorithm(15, "RSA-PSS", "sha512") },
};

const mgf1Oid = "1.2.840.113549.1.1.8";

/** Known only with one hash for both uses, a salt of its length, and the usual trailer (RFC 8017 section A.2.3). */
function pssAlgorithm(parameters: Uint8Array): SignatureAlgorithm {
  const fault = "malformed PSS parameters";
  try {
    const reader = new DerReader(parameters).inside(derTag.sequence, fault);
    const hash = readAlgorithm(reader.inside(contextTag(0, true), fault).inside(derTag.sequence, fault));
    const mask = readAlgorithm(reader.inside(contextTag(1, true), fault).inside(derTag.sequence, fault));
    const maskHash = readAlgorithm(new DerReader(mask.parameters).inside(derTag.sequence, fault));
    const salt = reader.inside(contextTag(2, true), fault).int64(fault);
    const trailer = reader.optional(contextTag(3, true), fault)?.int64(fault) ?? 1;
    const known = pssByHash[hash.algorithm];
    const isUsual =
      mask.algorithm === mgf1Oid &&
      maskHash.algorithm === hash.algorithm &&
      trailer === 1 &&
      isNullOrAbsent(hash.parameters) &&
      isNullOrAbsent(maskHash.parameters);
    return isUsual && known?.salt === salt ? known.algorithm : unknown;
  } catch {
    return unknown;
  }
}

export function isNull(parameters: Uint8Array): boolean {
  return parameters.length === 2 && parameters[0] === derTag.null && parameters[1] === 0;
}

function isNullOrAbsent(parameters: Uint8Array): boolean {
  return parameters.length === 0 || isNull(parameters);
}

/** A curve of FIPS 186-4 over the field of `p`: y² = x³ − 3x + b. */
export interface Curve {
  readonly name: CurveName;
  /** Bytes of a coordinate, and of a private key. */
  readonly size: number;
  readonly p: bigint;
  readonly b: bigint;
}

const curves: { readonly [oid: string]: Curve } = {
  "1.3.132.0.33": {
    name: "P-224",
    size: 28,
    p: 2n ** 224n - 2n ** 96n + 1n,
    b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
  },
  "1.2.840.10045.3.1.7": {
    name: "P-256",
    size: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  "1.3.132.0.34": {
    name: "P-384",
    size: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  "1.3.132.0.35": {
    name: "P-521",
    size: 66,
    p: 2n ** 521n - 1n,
    b: 0x051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
};

export function curveFromOid(oid: string): Curve | undefined {
  return curves[oid];
}

/** Those of JWKs (RFC 7518 section 6.2.1.1), which have no P-224. */
export function curveFromName(name: string): Curve | undefined {
  return Object.values(curves).find((curve) => curve.name === name && name !== "P-224");
}

export function isOnCurve({ p, b }: Curve, x: bigint, y: bigint): boolean {
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n;
}
