import { normalizeInteger } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { bigintFromBytes, DerReader, derTag } from "./der.ts";
import { encodeBase64 } from "./encoding.ts";
import { type AlgorithmIdentifier, type Curve, curveFromOid, isNull, isOnCurve, keyOids } from "./x509-algorithms.ts";

export type PublicKey =
  | { readonly kind: "rsa"; readonly n: bigint; readonly e: bigint }
  | { readonly kind: "ecdsa"; readonly curve: Curve; readonly x: bigint; readonly y: bigint }
  | { readonly kind: "ed25519"; readonly bytes: Uint8Array }
  | { readonly kind: "dsa"; readonly p: bigint; readonly q: bigint; readonly g: bigint; readonly y: bigint };

/** The key of a SubjectPublicKeyInfo; undefined when its algorithm is unknown. Throws `BuiltinError` in Go's words. */
export function parsePublicKey(
  { algorithm, parameters }: AlgorithmIdentifier,
  data: Uint8Array,
): PublicKey | undefined {
  if (algorithm === keyOids.rsa) {
    if (!isNull(parameters)) throw new BuiltinError("x509: RSA key missing NULL parameters");
    return rsaKey(data);
  }
  if (algorithm === keyOids.ecdsa) return ecdsaKey(parameters, data);
  if (algorithm === keyOids.ed25519) {
    if (parameters.length > 0) throw new BuiltinError("x509: Ed25519 key encoded with illegal parameters");
    if (data.length !== 32) throw new BuiltinError("x509: wrong Ed25519 public key size");
    return { kind: "ed25519", bytes: data };
  }
  return algorithm === keyOids.dsa ? dsaKey(parameters, data) : undefined;
}

function rsaKey(data: Uint8Array): PublicKey {
  const reader = new DerReader(data).inside(derTag.sequence, "x509: invalid RSA public key");
  const n = reader.integer("x509: invalid RSA modulus");
  const e = reader.integer("x509: invalid RSA public exponent");
  if (BigInt.asIntN(64, e) !== e) throw new BuiltinError("x509: invalid RSA public exponent");
  if (n <= 0n) throw new BuiltinError("x509: RSA modulus is not a positive number");
  if (e <= 0n) throw new BuiltinError("x509: RSA public exponent is not a positive number");
  return { kind: "rsa", n, e };
}

function ecdsaKey(parameters: Uint8Array, data: Uint8Array): PublicKey {
  const curve = curveFromOid(new DerReader(parameters).objectIdentifier("x509: invalid ECDSA parameters"));
  if (curve === undefined) throw new BuiltinError("x509: unsupported elliptic curve");
  const name = curve.name.replace("-", "");
  if (data[0] !== 4) throw new BuiltinError("ecdsa: invalid uncompressed public key");
  if (data.length !== 1 + 2 * curve.size) throw new BuiltinError(`invalid ${name} point encoding`);
  const key = ecdsaKeyFromPoint(curve, data);
  if (!isOnCurve(curve, key.x, key.y)) throw new BuiltinError(`${name} point not on curve`);
  return key;
}

/** From the uncompressed point of SEC 1 section 2.3.3, which must be one of the curve. */
export function ecdsaKeyFromPoint(curve: Curve, point: Uint8Array): PublicKey & { readonly kind: "ecdsa" } {
  const x = bigintFromBytes(point.subarray(1, 1 + curve.size));
  return { kind: "ecdsa", curve, x, y: bigintFromBytes(point.subarray(1 + curve.size)) };
}

function dsaKey(parameters: Uint8Array, data: Uint8Array): PublicKey {
  const y = new DerReader(data).integer("x509: invalid DSA public key");
  const fault = "x509: invalid DSA parameters";
  const reader = new DerReader(parameters).inside(derTag.sequence, fault);
  const [p, q, g] = [reader.integer(fault), reader.integer(fault), reader.integer(fault)];
  if ([y, p, q, g].some((each) => each <= 0n)) throw new BuiltinError("x509: zero or negative DSA parameter");
  return { kind: "dsa", p, q, g, y };
}

/** As `encoding/json` writes Go's key types. */
export function publicKeyJson(key: PublicKey): Value {
  if (key.kind === "rsa") return { N: normalizeInteger(key.n), E: normalizeInteger(key.e) };
  if (key.kind === "ecdsa") return { Curve: {}, X: normalizeInteger(key.x), Y: normalizeInteger(key.y) };
  if (key.kind === "ed25519") return encodeBase64(key.bytes);
  const { p, q, g, y } = key;
  return { P: normalizeInteger(p), Q: normalizeInteger(q), G: normalizeInteger(g), Y: normalizeInteger(y) };
}
