import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, type QueryState } from "./builtin.ts";
import { cryptoOf } from "./crypto.ts";
import { decodeBase64 } from "./encoding.ts";
import { objectAt, stringAt } from "./operands.ts";
import { pemBlocks } from "./pem.ts";
import { type Certificate, parseCertificates } from "./x509-certificate.ts";
import { certificateJson, extendedCertificateJson } from "./x509-certificate-json.ts";
import { type ChainOptions, verifiedChain } from "./x509-chain.ts";
import { chainOptionsFrom } from "./x509-chain-options.ts";
import { keyPairJson } from "./x509-key-pair.ts";
import { type PrivateKey, parseEc, parsePkcs1, parsePkcs8, privateKeyJson, privateKeyJwk } from "./x509-private-key.ts";
import { certificateRequestJson } from "./x509-request.ts";

const begin = "-----BEGIN";

/** Certificates in DER, one behind the other, as Go writes them. */
export function certificatesValue(der: Uint8Array): Value {
  return parseCertificates(der).map(certificateJson);
}

/** DER or PEM that an operand has as PEM, or as base64 of either. */
function certificatesFrom(text: string): readonly Certificate[] {
  if (text.startsWith(begin)) return certificatesFromPem(text);
  const bytes = decodeBase64(text);
  const decoded = new TextDecoder("latin1").decode(bytes);
  return decoded.startsWith(begin) ? certificatesFromPem(decoded) : parseCertificates(bytes);
}

function certificatesFromPem(text: string): readonly Certificate[] {
  const blocks = pemBlocks(text);
  const other = blocks.find(({ type }) => type !== "CERTIFICATE");
  if (other !== undefined) throw new BuiltinError(`PEM block type is '${other.type}', expected CERTIFICATE`);
  return parseCertificates(Uint8Array.from(blocks.flatMap(({ bytes }) => [...bytes])));
}

function parseRequest(args: readonly Value[]): Value {
  const text = stringAt(args, 1);
  const pem = "-----BEGIN CERTIFICATE REQUEST-----";
  const bytes = text.startsWith(pem) ? new TextEncoder().encode(text) : decodeBase64(text);
  const [block] = pemBlocks(new TextDecoder("latin1").decode(bytes));
  if (block === undefined) return certificateRequestJson(bytes);
  if (block.type !== "CERTIFICATE REQUEST") throw new BuiltinError("invalid PEM-encoded certificate signing request");
  return certificateRequestJson(block.bytes);
}

/** The keys of a PEM text, or of base64 of one; other blocks are passed over. */
function privateKeysFrom(text: string, state: QueryState): readonly PrivateKey[] {
  const crypto = cryptoOf(state);
  return pemBlocks(decodedOrSame(text)).flatMap(({ type, bytes }) => {
    if (type === "RSA PRIVATE KEY") return [parsePkcs1(bytes)];
    if (type === "PRIVATE KEY") return [parsePkcs8(bytes, crypto)];
    return type === "EC PRIVATE KEY" ? [parseEc(bytes, crypto)] : [];
  });
}

function decodedOrSame(text: string): string {
  try {
    return new TextDecoder("latin1").decode(decodeBase64(text));
  } catch {
    return text;
  }
}

function parsePrivateKeys(args: readonly Value[], state: QueryState): Value {
  const text = stringAt(args, 1);
  return text === "" ? null : privateKeysFrom(text, state).map(privateKeyJson);
}

/** The first key, of any kind, as a JWK. */
function parseRsaPrivateKey(args: readonly Value[], state: QueryState): Value {
  const text = stringAt(args, 1);
  if (text === "") throw new BuiltinError("input PEM data was empty");
  if (!text.startsWith(begin)) decodeBase64(text);
  const [key] = privateKeysFrom(text, state);
  return key === undefined ? null : privateKeyJwk(key, cryptoOf(state));
}

/** `[true, chain]` from the leaf to the root, or `[false, []]` for whatever reason. */
function verify(
  text: string,
  options: () => ChainOptions,
  state: QueryState,
  json: (certificate: Certificate) => Value,
): Value {
  const certificates = parsedOrNone(text);
  if (certificates === undefined) return [false, []];
  const chain = verifiedChain(certificates, options(), cryptoOf(state));
  return chain === undefined ? [false, []] : [true, chain.map(json)];
}

function parsedOrNone(text: string): readonly Certificate[] | undefined {
  try {
    return certificatesFrom(text);
  } catch (error) {
    if (error instanceof BuiltinError) return undefined;
    throw error;
  }
}

function parseAndVerify(args: readonly Value[], state: QueryState): Value {
  const nowNs = state.effects.nowNs;
  return verify(stringAt(args, 1), () => ({ timeNs: nowNs }), state, extendedCertificateJson);
}

function parseAndVerifyWithOptions(args: readonly Value[], state: QueryState): Value {
  const nowNs = state.effects.nowNs;
  const text = stringAt(args, 1);
  const options = objectAt(args, 2);
  return verify(text, () => chainOptionsFrom(options, nowNs), state, certificateJson);
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/crypto */
export const x509: readonly Builtin[] = [
  {
    name: "crypto.x509.parse_certificates",
    call: (args) => certificatesFrom(stringAt(args, 1)).map(extendedCertificateJson),
  },
  { name: "crypto.x509.parse_and_verify_certificates", call: parseAndVerify },
  { name: "crypto.x509.parse_and_verify_certificates_with_options", call: parseAndVerifyWithOptions },
  { name: "crypto.x509.parse_certificate_request", call: parseRequest },
  {
    name: "crypto.x509.parse_keypair",
    call: (args, state) => keyPairJson(stringAt(args, 1), stringAt([args[1] as Value], 1), cryptoOf(state)),
  },
  { name: "crypto.x509.parse_rsa_private_key", call: parseRsaPrivateKey },
  { name: "crypto.parse_private_keys", call: parsePrivateKeys },
];
