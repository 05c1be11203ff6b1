import { normalizeInteger } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError, type CryptoEffects } from "./builtin.ts";
import { bigintFromBytes, bytesFromBigint, contextTag, DerReader, derTag } from "./der.ts";
import { encodeBase64, urlAlphabet } from "./encoding.ts";
import { type Curve, curveFromOid, keyOids, readAlgorithm } from "./x509-algorithms.ts";
import { ecdsaKeyFromPoint } from "./x509-public-key.ts";
import { checkRsaKey, inverse, type RsaKey } from "./x509-rsa.ts";
import { readStructure, structureFault } from "./x509-unmarshal.ts";

export type PrivateKey =
  | ({ readonly kind: "rsa" } & RsaKey)
  | { readonly kind: "ecdsa"; readonly curve: Curve; readonly d: bigint; readonly x: bigint; readonly y: bigint }
  | { readonly kind: "ed25519"; readonly seed: Uint8Array; readonly publicKey: Uint8Array }
  | { readonly kind: "x25519"; readonly secret: Uint8Array };

type Form = "PKCS1" | "PKCS8" | "EC";

/** What each form of a private key looks like, before its numbers are looked at. */
const structures: { readonly [form in Form]: (der: Uint8Array) => unknown } = {
  PKCS1: (der) => readPkcs1(new DerReader(der)),
  PKCS8: readPkcs8,
  EC: readEc,
};

/** Reads one form; an input of another form is told which. */
function readForm<T>(der: Uint8Array, read: (der: Uint8Array) => T, others: readonly Form[], prefix = ""): T {
  try {
    return read(der);
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    const other = others.find((form) => looksLike(der, form));
    if (other === undefined) throw new BuiltinError(prefix + error.message);
    throw new BuiltinError(
      `x509: failed to parse private key (use Parse${other}PrivateKey instead for this key format)`,
    );
  }
}

function looksLike(der: Uint8Array, form: Form): boolean {
  try {
    structures[form](der);
    return true;
  } catch {
    return false;
  }
}

interface Pkcs1 extends Omit<RsaKey, "dp" | "dq" | "qInverse"> {
  readonly version: number;
  readonly crt: readonly bigint[];
  readonly hasMorePrimes: boolean;
}

/** RSAPrivateKey of RFC 8017 section A.1.2. */
function readPkcs1(outer: DerReader): Pkcs1 {
  const { reader } = readStructure(outer, "pkcs1PrivateKey");
  const fault = structureFault("pkcs1PrivateKey");
  const version = reader.int64(fault);
  const [n, e, d, p, q] = [0, 1, 2, 3, 4].map(() => reader.integer(fault)) as [bigint, bigint, bigint, bigint, bigint];
  const crt: bigint[] = [];
  while (crt.length < 3 && reader.isNext(derTag.integer)) crt.push(reader.integer(fault));
  return { version, n, e, d, p, q, crt, hasMorePrimes: reader.isNext(derTag.sequence) };
}

/** Of the three forms only this one lets nothing follow. */
function readOnlyPkcs1(der: Uint8Array): Pkcs1 {
  const outer = new DerReader(der);
  const key = readPkcs1(outer);
  if (!outer.isEmpty) throw new BuiltinError("asn1: syntax error: trailing data");
  return key;
}

/** Throws `BuiltinError` in the words of Go's `x509.ParsePKCS1PrivateKey`. */
export function parsePkcs1(der: Uint8Array): PrivateKey {
  const { version, n, e, d, p, q, crt, hasMorePrimes } = readForm(der, readOnlyPkcs1, ["EC", "PKCS8"]);
  if (version > 1) throw new BuiltinError("x509: unsupported private key version");
  if ([n, d, p, q, ...crt].some((each) => each <= 0n))
    throw new BuiltinError("x509: private key contains zero or negative value");
  // Keys of more than two primes are unheard of outside of tests.
  if (hasMorePrimes) throw new BuiltinError("x509: unsupported private key version");
  const [dp = d % (p - 1n), dq = d % (q - 1n), qInverse = inverse(q, p) ?? 0n] = crt;
  const key = { kind: "rsa", n, e, d, p, q, dp, dq, qInverse } as const;
  checkRsaKey(key);
  return key;
}

interface Pkcs8 {
  readonly algorithm: string;
  readonly parameters: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** PrivateKeyInfo of RFC 5208 section 5. */
function readPkcs8(der: Uint8Array): Pkcs8 {
  const { reader } = readStructure(new DerReader(der), "pkcs8");
  const fault = structureFault("pkcs8");
  reader.int64(fault);
  const algorithm = readAlgorithm(reader.inside(derTag.sequence, fault));
  return { ...algorithm, privateKey: reader.content(derTag.octetString, fault) };
}

/** As Go's `x509.ParsePKCS8PrivateKey`. */
export function parsePkcs8(der: Uint8Array, crypto: CryptoEffects): PrivateKey {
  const { algorithm, parameters, privateKey } = readForm(der, readPkcs8, ["EC", "PKCS1"]);
  if (algorithm === keyOids.rsa) return embedded("RSA", () => parsePkcs1(privateKey));
  if (algorithm === keyOids.ecdsa) return embedded("EC", () => ecKey(privateKey, crypto, curveOid(parameters)));
  const name = { [keyOids.ed25519]: "Ed25519", [keyOids.x25519]: "X25519" }[algorithm];
  if (name === undefined)
    throw new BuiltinError(`x509: PKCS#8 wrapping contained private key with unknown algorithm: ${algorithm}`);
  if (parameters.length > 0) throw new BuiltinError(`x509: invalid ${name} private key parameters`);
  const fault = `x509: invalid ${name} private key: ${structureFault("[]uint8")}`;
  const secret = new DerReader(privateKey).content(derTag.octetString, fault);
  if (name === "X25519") {
    if (secret.length !== 32) throw new BuiltinError("crypto/ecdh: invalid private key size");
    return { kind: "x25519", secret };
  }
  const publicKey = secret.length === 32 ? crypto.publicKey("Ed25519", secret) : undefined;
  if (publicKey === undefined) throw new BuiltinError(`x509: invalid Ed25519 private key length: ${secret.length}`);
  return { kind: "ed25519", seed: secret, publicKey };
}

function embedded(name: string, parse: () => PrivateKey): PrivateKey {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    throw new BuiltinError(`x509: failed to parse ${name} private key embedded in PKCS#8: ${error.message}`);
  }
}

function curveOid(parameters: Uint8Array): string | undefined {
  try {
    return new DerReader(parameters).objectIdentifier("no curve");
  } catch {
    return undefined;
  }
}

interface EcKey {
  readonly version: number;
  readonly secret: Uint8Array;
  readonly curve: string | undefined;
}

/** ECPrivateKey of RFC 5915 section 3; the public key in it is read but not used. */
function readEc(der: Uint8Array): EcKey {
  const { reader } = readStructure(new DerReader(der), "ecPrivateKey");
  const fault = structureFault("ecPrivateKey");
  const version = reader.int64(fault);
  const secret = reader.content(derTag.octetString, fault);
  // As in Go, what is optional and of another type counts as left out.
  const named = reader.optional(contextTag(0, true), fault);
  const curve = named?.isNext(derTag.objectIdentifier) === true ? named.objectIdentifier(fault) : undefined;
  const point = reader.optional(contextTag(1, true), fault);
  if (point?.isNext(derTag.bitString) === true) point.bitString(fault);
  return { version, secret, curve };
}

/** As Go's `x509.ParseECPrivateKey`. */
export function parseEc(der: Uint8Array, crypto: CryptoEffects): PrivateKey {
  return ecKey(der, crypto, undefined);
}

function ecKey(der: Uint8Array, crypto: CryptoEffects, outerCurve: string | undefined): PrivateKey {
  const key = readForm(der, readEc, ["PKCS8", "PKCS1"], "x509: failed to parse EC private key: ");
  if (key.version !== 1) throw new BuiltinError(`x509: unknown EC private key version ${key.version}`);
  const curve = curveFromOid(outerCurve ?? key.curve ?? "");
  if (curve === undefined) throw new BuiltinError("x509: unknown elliptic curve");
  const extra = Math.max(0, key.secret.length - curve.size);
  if (key.secret.subarray(0, extra).some((byte) => byte !== 0))
    throw new BuiltinError("x509: invalid private key length");
  // Zeros at the start may be too many, or left out.
  const d = bigintFromBytes(key.secret);
  const point = crypto.publicKey(curve.name, bytesFromBigint(d, curve.size));
  if (point === undefined)
    throw new BuiltinError(d === 0n ? "ecdsa: private key is zero" : "input overflows the modulus");
  return { ...ecdsaKeyFromPoint(curve, point), d };
}

/** As `encoding/json` writes Go's key types. */
export function privateKeyJson(key: PrivateKey): Value {
  if (key.kind === "x25519") return {};
  if (key.kind === "ed25519") return encodeBase64(Uint8Array.from([...key.seed, ...key.publicKey]));
  const number = normalizeInteger;
  if (key.kind === "ecdsa") return { Curve: {}, X: number(key.x), Y: number(key.y), D: number(key.d) };
  return {
    N: number(key.n),
    E: number(key.e),
    D: number(key.d),
    Primes: [number(key.p), number(key.q)],
    Precomputed: { Dp: number(key.dp), Dq: number(key.dq), Qinv: number(key.qInverse), CRTValues: [] },
  };
}

/** The key as a JWK (RFC 7518 section 6, RFC 8037 section 2). */
export function privateKeyJwk(key: PrivateKey, crypto: CryptoEffects): Value {
  const url = (bytes: Uint8Array): string => encodeBase64(bytes, urlAlphabet, false);
  if (key.kind === "rsa") {
    const { n, e, d, p, q, dp, dq, qInverse: qi } = key;
    const numbers = Object.entries({ n, e, d, p, q, dp, dq, qi });
    return {
      kty: "RSA",
      ...Object.fromEntries(numbers.map(([name, value]) => [name, url(bytesFromBigint(value))])),
    };
  }
  if (key.kind === "ecdsa") {
    const { curve, d, x, y } = key;
    if (curve.name === "P-224")
      throw new BuiltinError(
        "failed to initialize *jwk.ecdsaPrivateKey from *ecdsa.PrivateKey: jwk: failed to get algorithm for converting ECDSA private key to JWK: unknown elliptic curve: P-224",
      );
    const [dText, xText, yText] = [d, x, y].map((value) => url(bytesFromBigint(value, curve.size))) as [
      string,
      string,
      string,
    ];
    return { kty: "EC", crv: curve.name, d: dText, x: xText, y: yText };
  }
  if (key.kind === "ed25519") return { kty: "OKP", crv: "Ed25519", d: url(key.seed), x: url(key.publicKey) };
  const publicKey = crypto.publicKey("X25519", key.secret);
  if (publicKey === undefined) throw new BuiltinError("crypto/ecdh: invalid private key");
  return { kty: "OKP", crv: "X25519", d: url(key.secret), x: url(publicKey) };
}
