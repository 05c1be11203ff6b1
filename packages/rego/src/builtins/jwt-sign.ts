import type { Value } from "../value/value.ts";
import { BuiltinError, type CryptoEffects } from "./builtin.ts";
import { bigintFromBytes, bytesFromBigint } from "./der.ts";
import { decodeBase64, encodeBase64, urlAlphabet } from "./encoding.ts";
import { isJson, marshal } from "./json.ts";
import { type Jwk, parseJwks } from "./jwk.ts";
import { HeaderJson } from "./jwt-header-json.ts";
import { hashOf, tokenAlgorithms } from "./jwt-keys.ts";
import { checkRsaKey, inverse } from "./x509-rsa.ts";

/** A token of a header and a payload, signed with the first key. Throws `BuiltinError` as OPA words it. */
export function signToken(header: string, payload: string, keys: string, crypto: CryptoEffects): string {
  const [key] = parseJwks(keys, crypto);
  if (key === undefined) throw new BuiltinError("no keys found in JWK set");
  const { algorithm, isJwt } = readSignedHeader(header);
  if (isJwt && !isJson(payload)) throw new BuiltinError("type is JWT but payload is not JSON");
  const url = (data: string | Uint8Array): string =>
    encodeBase64(typeof data === "string" ? new TextEncoder().encode(data) : data, urlAlphabet, false);
  const signed = `${url(header)}.${url(payload)}`;
  return `${signed}.${url(signature(algorithm, key, new TextEncoder().encode(signed), crypto))}`;
}

/** The same, of values. */
export function signTokenOfValues(header: Value, payload: Value, keys: Value, crypto: CryptoEffects): string {
  return signToken(marshal(header), marshal(payload), marshal(keys), crypto);
}

function readSignedHeader(text: string): { readonly algorithm: string; readonly isJwt: boolean } {
  try {
    const header = HeaderJson.parse(text);
    const alg = header.field("alg");
    if (alg.kind === "missing") throw new BuiltinError('jwsbb: header "alg" not found');
    if (alg.kind === "other") throw new BuiltinError(`value doesn't contain string; it contains ${alg.type}`);
    const typ = header.field("typ");
    checkAlgorithm(alg.text);
    return { algorithm: alg.text, isJwt: typ.kind !== "string" || typ.text === "JWT" };
  } catch (error) {
    if (!(error instanceof BuiltinError) || error.message.startsWith("unknown JWS")) throw error;
    throw new BuiltinError(`missing or invalid 'alg' header: ${error.message}`);
  }
}

function checkAlgorithm(name: string): void {
  if (!tokenAlgorithms.includes(name)) throw new BuiltinError(`unknown JWS algorithm: ${name}`);
}

/** Which key an algorithm wants, and how jwx says that it has another. */
const wanted = {
  HS: { kind: "oct", type: "[]byte", fault: "keyconv: failed to produce []byte", target: "*[]uint8" },
  RS: { kind: "RSA", type: "*rsa.PrivateKey", fault: "failed to produce rsa.PrivateKey", target: "*rsa.PrivateKey" },
  PS: { kind: "RSA", type: "*rsa.PrivateKey", fault: "failed to produce rsa.PrivateKey", target: "*rsa.PrivateKey" },
  ES: {
    kind: "EC",
    type: "*ecdsa.PrivateKey",
    fault: "keyconv: failed to produce ecdsa.PrivateKey",
    target: "*ecdsa.PrivateKey",
  },
  Ed: {
    kind: "OKP",
    type: "ed25519.PrivateKey",
    fault: "failed to produce ed25519.PrivateKey",
    target: "*ed25519.PrivateKey",
  },
} as const;

function signature(algorithm: string, key: Jwk, data: Uint8Array, crypto: CryptoEffects): Uint8Array {
  const { kind, type, fault, target } = wanted[algorithm.slice(0, 2) as keyof typeof wanted];
  const why = whyNot(key, kind, target);
  if (why !== undefined)
    throw new BuiltinError(
      `jwsbb.Sign: invalid key type ${key.typeText}. ${type} is required: ${fault} from ${key.typeText}: jwk.Export: ${why}`,
    );
  if (kind === "oct") return crypto.hmac(hashOf(algorithm), key.kind === "OKP" ? rawEd25519(key) : key.secret, data);
  return crypto.sign(algorithm, { jwk: kind === "RSA" ? completeRsa(key.fields) : key.fields }, data);
}

/** Go's bytes of the key: a private one has the public one behind it. */
function rawEd25519({ fields, isPrivate }: Jwk): Uint8Array {
  const [seed, point] = ["d", "x"].map((name) => decodeBase64(fields[name] ?? "", urlAlphabet, false));
  return new Uint8Array([...(isPrivate ? (seed ?? []) : []), ...(point ?? [])]);
}

/** The numbers that are made of others may be left out. */
function completeRsa(fields: Jwk["fields"]): Jwk["fields"] {
  const number = (name: string): bigint => bigintFromBytes(decodeBase64(fields[name] ?? "", urlAlphabet, false));
  const [n, e, d, p, q] = ["n", "e", "d", "p", "q"].map(number) as [bigint, bigint, bigint, bigint, bigint];
  const derived = { dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) ?? 0n };
  checkRsaKey({ n, e, d, p, q, dp: derived.dp, dq: derived.dq, qInverse: derived.qi });
  const texts = Object.entries(derived).map(([name, value]) => [
    name,
    encodeBase64(bytesFromBigint(value), urlAlphabet, false),
  ]);
  return { ...fields, ...(Object.fromEntries(texts) as Jwk["fields"]) };
}

function whyNot(key: Jwk, kind: Jwk["kind"], target: string): string | undefined {
  if (key.kind !== "OKP" && (key.kind !== kind || !(key.isPrivate || kind === "oct")))
    return `no suitable exporter found for key type '${key.typeText}'`;
  if (key.exportFault !== undefined) return `failed to export jwk.Key to raw format: ${key.exportFault}`;
  if (key.kind !== "OKP") return undefined;
  // For Go these keys are bytes too.
  if (key.curve === "Ed25519" && (kind === "oct" || (kind === "OKP" && key.isPrivate))) return undefined;
  const side = key.isPrivate ? "Private" : "Public";
  const goType = key.curve === "Ed25519" ? `ed25519.${side}Key` : `*ecdh.${side}Key`;
  return `failed to assign key: argument to AssignIfCompatible() must be compatible with ${goType} (was ${target})`;
}
