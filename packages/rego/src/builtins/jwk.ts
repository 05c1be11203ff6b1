import { isObject, lookup, typeName } from "../value/access.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { BuiltinError, type CryptoEffects } from "./builtin.ts";
import { bigintFromBytes } from "./der.ts";
import { decodeBase64, urlAlphabet } from "./encoding.ts";
import { parseGoJsonPrefix } from "./go-json.ts";
import { type Curve, curveFromName, isOnCurve } from "./x509-algorithms.ts";
import { parseCertificate } from "./x509-certificate.ts";

/** A key of RFC 7517, checked. */
export interface Jwk {
  readonly kind: "RSA" | "EC" | "OKP" | "oct";
  readonly isPrivate: boolean;
  /** As jwx calls its type in messages: `*jwk.rsaPublicKey`. */
  readonly typeText: string;
  readonly alg: string;
  readonly kid: string;
  readonly curve: string;
  /** The secret of an `oct` key. */
  readonly secret: Uint8Array;
  readonly fields: { readonly [field: string]: string };
  /** Why jwx cannot make a key of it that Go's cryptography takes. */
  readonly exportFault: string | undefined;
}

/** A sole key or a set. Throws `BuiltinError` in the words of jwx's `jwk.Parse`. */
export function parseJwks(text: string, crypto: CryptoEffects): readonly Jwk[] {
  const { value, fault } = parsedOrFault(text);
  const keys = value === undefined ? undefined : isObject(value) ? lookup(value, "keys") : undefined;
  if (value !== undefined && isObject(value) && keys !== undefined) return keySet(keys, crypto);
  return [within("jwk.Parse: failed to parse sole key", () => parseKey(value, fault, crypto))];
}

function parsedOrFault(text: string): { readonly value: Value | undefined; readonly fault: string } {
  try {
    return { value: parseGoJsonPrefix(text), fault: "" };
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    return { value: undefined, fault: error.message };
  }
}

function keySet(keys: Value, crypto: CryptoEffects): readonly Jwk[] {
  const prefix = "jwk.Parse: failed to unmarshal JWK set: failed to decode";
  if (!Array.isArray(keys)) throw new BuiltinError(`${prefix} "keys": expected '[' but got ${tokenText(keys)}`);
  return (keys as readonly Value[]).map((key, i) =>
    within(`${prefix} key #${i} in "keys"`, () => parseKey(key, "", crypto)),
  );
}

function tokenText(value: Value): string {
  if (value === null) return "<nil>";
  return isObject(value) ? "{" : String(value);
}

function within<Result>(prefix: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BuiltinError)) throw error;
    throw new BuiltinError(`${prefix}: ${error.message}`);
  }
}

const probe = "jwk.ParseKey: jwk.Parse: failed to probe data: probe: failed to unmarshal data";

function parseKey(value: Value | undefined, fault: string, crypto: CryptoEffects): Jwk {
  if (value === undefined) throw new BuiltinError(`${probe}: ${fault}`);
  if (value !== null && !isObject(value))
    throw new BuiltinError(
      `${probe}: json: cannot unmarshal ${goTypeName(value)} into Go value of type struct { Kty string "json:\\"kty\\""; D json.RawMessage "json:\\"d,omitempty\\"" }`,
    );
  const kty = value === null ? null : (lookup(value, "kty") ?? null);
  if (kty !== null && typeof kty !== "string")
    throw new BuiltinError(
      `${probe}: json: cannot unmarshal ${goTypeName(kty)} into Go struct field .kty of type string`,
    );
  const kind = kinds.find((each) => each === kty);
  if (value === null || kind === undefined)
    throw new BuiltinError(`jwk.ParseKey: invalid key type from JSON (${kty ?? ""})`);
  return within("jwk.ParseKey", () => readKey(kind, value as JsonObject, crypto));
}

function goTypeName(value: Value): string {
  const name = typeName(value);
  return name === "boolean" ? "bool" : name;
}

const kinds = ["RSA", "EC", "OKP", "oct"] as const;

const typeNames = { RSA: "rsa", EC: "ecdsa", OKP: "okp" } as const;

/** Members that are base64, and those of them that must be there, in the order of the messages. */
const members = {
  RSA: { bytes: ["n", "e", "d", "p", "q", "dp", "dq", "qi"], required: ["e", "n"] },
  EC: { bytes: ["x", "y", "d"], required: ["crv", "x", "y"] },
  OKP: { bytes: ["x", "d"], required: ["crv", "x"] },
  oct: { bytes: ["k"], required: ["k"] },
} as const;

function readKey(kind: Jwk["kind"], object: JsonObject, crypto: CryptoEffects): Jwk {
  const isPrivate = kind !== "oct" && Object.hasOwn(object, "d");
  const typeText =
    kind === "oct" ? "*jwk.symmetricKey" : `*jwk.${typeNames[kind]}${isPrivate ? "Private" : "Public"}Key`;
  const unmarshal = `failed to unmarshal JSON into key (${typeText})`;
  const bytes = within(`${unmarshal}: ${unmarshal}`, () => readMembers(kind, object));
  const fields = Object.fromEntries(Object.entries(object).filter(([, each]) => typeof each === "string")) as {
    readonly [field: string]: string;
  };
  const [curve, secret] = [fields["crv"] ?? "", bytes.get("k") ?? new Uint8Array()];
  within("jwk.Parse: key validation failed: key validation failed", () => validate(kind, isPrivate, curve, bytes));
  const exportFault = whyNotExported(kind, isPrivate, curve, bytes, crypto);
  const { alg = "", kid = "" } = fields;
  return { kind, isPrivate, typeText, alg, kid, curve, secret, fields: plainFields(fields, bytes), exportFault };
}

/** The base64 of members may be of any alphabet; Node wants that of URLs. */
function plainFields(
  fields: { readonly [field: string]: string },
  bytes: ReadonlyMap<string, Uint8Array>,
): { readonly [field: string]: string } {
  const clean = (name: string, text: string): string =>
    bytes.has(name) ? text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") : text;
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, clean(name, text)]));
}

function readMembers(kind: Jwk["kind"], object: JsonObject): ReadonlyMap<string, Uint8Array> {
  const bytes = new Map<string, Uint8Array>();
  for (const [name, value] of Object.entries(object))
    within(`failed to decode value for key ${name}`, () => {
      if ((members[kind].bytes as readonly string[]).includes(name)) bytes.set(name, bytesFrom(value));
      else checkMember(kind, name, value);
    });
  const missing = members[kind].required.find((name) => !Object.hasOwn(object, name));
  if (missing !== undefined) throw new BuiltinError(`required field ${missing} is missing`);
  return bytes;
}

const cannotRead = (value: Value, type = "string"): BuiltinError =>
  new BuiltinError(`json: cannot unmarshal ${goTypeName(value)} into Go value of type ${type}`);

function textFrom(value: Value): string {
  if (value === null) return "";
  if (typeof value !== "string") throw new BuiltinError(`error reading next value: ${cannotRead(value).message}`);
  return value;
}

/** Padded or not, and of either alphabet, as what it holds shows. */
function bytesFrom(value: Value): Uint8Array {
  const text = textFrom(value);
  try {
    const alphabet = /[+/]/.test(text) ? undefined : urlAlphabet;
    return decodeBase64(text, alphabet, text.endsWith("="));
  } catch {
    throw new BuiltinError("expected base64 encoded []byte (string)");
  }
}

const keyAlgorithms: readonly string[] = [
  ...["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "ES256K", "EdDSA", "none", "dir"],
  ...["RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512"],
  ...["A128KW", "A192KW", "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW"],
  ...["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"],
  ...["PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW"],
];

const curveNames = ["P-256", "P-384", "P-521", "Ed25519", "Ed448", "X25519", "X448"];

function checkMember(kind: Jwk["kind"], name: string, value: Value): void {
  if (name === "crv" && (kind === "EC" || kind === "OKP")) checkCurve(value);
  else if (name === "alg") checkAlgorithm(value);
  else if (name === "key_ops") checkOperations(value);
  else if (name === "x5c") checkChain(value);
  else if (["kid", "use", "x5t", "x5u", "x5t#S256"].includes(name)) textFrom(value);
}

function checkCurve(value: Value): void {
  if (value !== null && typeof value !== "string")
    throw new BuiltinError(`failed to unmarshal EllipticCurveAlgorithm: ${cannotRead(value).message}`);
  if (!curveNames.includes(value ?? ""))
    throw new BuiltinError(`unknown EllipticCurveAlgorithm: ${JSON.stringify(value ?? "")}`);
}

function checkAlgorithm(value: Value): void {
  if (value !== null && typeof value !== "string") throw cannotRead(value);
  if (!keyAlgorithms.includes(value ?? ""))
    throw new BuiltinError(`invalid key value: ${JSON.stringify(value ?? "")}: invalid key algorithm`);
}

function checkOperations(value: Value): void {
  if (value === null) return;
  if (!Array.isArray(value)) throw cannotRead(value, "jwk.KeyOperationList");
  const other = (value as readonly Value[]).find((each) => typeof each !== "string");
  if (other !== undefined) throw cannotRead(other, "jwk.KeyOperation");
}

function checkChain(value: Value): void {
  if (!Array.isArray(value)) throw new BuiltinError("failed to unmarshal certificate chain: expected JSON array");
  for (const [i, each] of (value as readonly Value[]).entries())
    within(`failed to decode certificate at index ${i}: failed to parse x509 certificate`, () =>
      parseCertificate(decodeBase64(String(each))),
    );
}

function validate(kind: Jwk["kind"], isPrivate: boolean, curve: string, bytes: ReadonlyMap<string, Uint8Array>): void {
  const length = (name: string): number => bytes.get(name)?.length ?? 0;
  if (kind === "oct") {
    if (length("k") === 0) throw new BuiltinError('jwk.SymmetricKey: missing "k" field');
    return;
  }
  const structure = `jwk.${{ RSA: "RSA", EC: "ECDSA", OKP: "OKP" }[kind]}${isPrivate ? "Private" : "Public"}Key`;
  within(structure, () => {
    const missing = ["n", "e", ...(isPrivate ? ["d"] : [])].find((name) => length(name) === 0);
    if (kind === "EC") validateEc(isPrivate, curve, bytes);
    else if (kind === "OKP") validateOkp(isPrivate, curve, length);
    else if (missing !== undefined) throw new BuiltinError(`missing "${missing}" value`);
  });
}

function validateEc(isPrivate: boolean, name: string, bytes: ReadonlyMap<string, Uint8Array>): void {
  const curve = curveFromName(name);
  if (curve === undefined)
    throw new BuiltinError(`invalid curve algorithm "${name}": unknown elliptic curve algorithm: "${name}"`);
  for (const member of isPrivate ? ["d", "x", "y"] : ["x", "y"]) {
    const length = bytes.get(member)?.length ?? 0;
    if (length !== curve.size) throw new BuiltinError(`invalid "${member}" length (${length}) for curve "${name}"`);
  }
  if (!isPoint(curve, bytes))
    throw new BuiltinError(`invalid ECDSA public key: ${name.replace("-", "")} point not on curve`);
}

function isPoint(curve: Curve, bytes: ReadonlyMap<string, Uint8Array>): boolean {
  return isOnCurve(curve, number(bytes, "x"), number(bytes, "y"));
}

function number(bytes: ReadonlyMap<string, Uint8Array>, name: string): bigint {
  return bigintFromBytes(bytes.get(name) ?? new Uint8Array());
}

function validateOkp(isPrivate: boolean, curve: string, length: (name: string) => number): void {
  if (curve !== "Ed25519" && curve !== "X25519") return;
  if (length("x") !== 32) throw new BuiltinError(`${curve.toLowerCase()}: wrong public key size`);
  if (isPrivate && length("d") !== 32) throw new BuiltinError(`${curve.toLowerCase()}: wrong private key size`);
}

function whyNotExported(
  kind: Jwk["kind"],
  isPrivate: boolean,
  curve: string,
  bytes: ReadonlyMap<string, Uint8Array>,
  crypto: CryptoEffects,
): string | undefined {
  if (kind === "RSA" && isPrivate) {
    const missing = ["q", "p"].find((name) => (bytes.get(name)?.length ?? 0) === 0);
    return missing && `missing "${missing}" value`;
  }
  if (kind !== "OKP") return undefined;
  const side = isPrivate ? "Private" : "Public";
  const fault = `jwk.OKP${side}Key: failed to build ${side.toLowerCase()} key`;
  if (curve !== "Ed25519" && curve !== "X25519") return `${fault}: invalid curve algorithm ${curve}`;
  // Of X25519 Go makes the point itself.
  if (!isPrivate || curve === "X25519") return undefined;
  const point = crypto.publicKey(curve, bytes.get("d") as Uint8Array);
  const isRight = point !== undefined && bigintFromBytes(point) === number(bytes, "x");
  return isRight ? undefined : `${fault}: ed25519: invalid x value given d value`;
}
