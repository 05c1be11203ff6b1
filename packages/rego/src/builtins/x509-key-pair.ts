import type { Value } from "../value/value.ts";
import { BuiltinError, type CryptoEffects } from "./builtin.ts";
import { decodeBase64, encodeBase64 } from "./encoding.ts";
import { type PemBlock, pemBlocks } from "./pem.ts";
import { type Certificate, parseCertificate } from "./x509-certificate.ts";
import { certificateJson } from "./x509-certificate-json.ts";
import { type PrivateKey, parseEc, parsePkcs1, parsePkcs8, privateKeyJson } from "./x509-private-key.ts";

/**
 * A certificate with its key, as `encoding/json` writes Go's tls.Certificate. Both operands are PEM, or base64 of PEM
 * or DER. Throws `BuiltinError` in the words of `tls.X509KeyPair`.
 */
export function keyPairJson(certificate: string, key: string, crypto: CryptoEffects): Value {
  const { chain, leaf, privateKey } = keyPairFrom(
    blocksOf(certificate, "CERTIFICATE"),
    blocksOf(key, "PRIVATE KEY"),
    crypto,
  );
  return {
    Certificate: chain.map((each) => encodeBase64(each)),
    PrivateKey: privateKeyJson(privateKey),
    SupportedSignatureAlgorithms: null,
    OCSPStaple: null,
    SignedCertificateTimestamps: null,
    Leaf: certificateJson(leaf),
  };
}

/** Refuses what `tls.X509KeyPair` does of two PEM texts, in its words. */
export function checkKeyPair(certificate: string, key: string, crypto: CryptoEffects): void {
  keyPairFrom(pemBlocks(certificate), pemBlocks(key), crypto);
}

interface KeyPair {
  readonly chain: readonly Uint8Array[];
  readonly leaf: Certificate;
  readonly privateKey: PrivateKey;
}

function keyPairFrom(certificates: readonly PemBlock[], keys: readonly PemBlock[], crypto: CryptoEffects): KeyPair {
  const chain = certificateBlocks(certificates).map(({ bytes }) => bytes);
  const { bytes } = keyBlock(keys);
  const leaf = parseCertificate(chain[0] as Uint8Array);
  const privateKey = parsePrivateKey(bytes, crypto);
  checkPair(leaf, privateKey);
  return { chain, leaf, privateKey };
}

function blocksOf(text: string, type: string): readonly PemBlock[] {
  if (text.startsWith("-----BEGIN ")) return pemBlocks(text);
  const bytes = decodeBase64(text);
  const decoded = new TextDecoder("latin1").decode(bytes);
  return decoded.startsWith("-----BEGIN") ? pemBlocks(decoded) : [{ type, bytes, hasHeaders: false }];
}

function certificateBlocks(blocks: readonly PemBlock[]): readonly PemBlock[] {
  const found = blocks.filter(({ type }) => type === "CERTIFICATE");
  if (found.length > 0) return found;
  const types = blocks.map(({ type }) => type);
  if (types.length === 0) throw new BuiltinError("tls: failed to find any PEM data in certificate input");
  if (types.length === 1 && types[0]?.endsWith("PRIVATE KEY") === true)
    throw new BuiltinError(
      "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
    );
  throw new BuiltinError(
    `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${types.join(" ")}]`,
  );
}

function keyBlock(blocks: readonly PemBlock[]): PemBlock {
  const found = blocks.find(({ type }) => type === "PRIVATE KEY" || type.endsWith(" PRIVATE KEY"));
  if (found !== undefined) return found;
  const types = blocks.map(({ type }) => type);
  if (types.length === 0) throw new BuiltinError("tls: failed to find any PEM data in key input");
  if (types.length === 1 && types[0] === "CERTIFICATE")
    throw new BuiltinError("tls: found a certificate rather than a key in the PEM for the private key");
  throw new BuiltinError(
    `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${types.join(" ")}]`,
  );
}

/** Any form, whatever its block is called. */
function parsePrivateKey(der: Uint8Array, crypto: CryptoEffects): PrivateKey {
  const key =
    keyOrNone(() => parsePkcs1(der)) ??
    keyOrNone(() => parsePkcs8(der, crypto)) ??
    keyOrNone(() => parseEc(der, crypto));
  if (key === undefined) throw new BuiltinError("tls: failed to parse private key");
  if (key.kind === "x25519") throw new BuiltinError("tls: found unknown private key type in PKCS#8 wrapping");
  return key;
}

function keyOrNone(parse: () => PrivateKey): PrivateKey | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof BuiltinError) return undefined;
    throw error;
  }
}

function checkPair({ publicKey }: Certificate, key: PrivateKey): void {
  if (publicKey === undefined || publicKey.kind === "dsa") throw new BuiltinError("tls: unknown public key algorithm");
  if (publicKey.kind !== key.kind) throw new BuiltinError("tls: private key type does not match public key type");
  if (!isPair(publicKey, key)) throw new BuiltinError("tls: private key does not match public key");
}

function isPair(publicKey: NonNullable<Certificate["publicKey"]>, key: PrivateKey): boolean {
  if (publicKey.kind === "rsa" && key.kind === "rsa") return publicKey.n === key.n && publicKey.e === key.e;
  if (publicKey.kind === "ecdsa" && key.kind === "ecdsa")
    return publicKey.curve === key.curve && publicKey.x === key.x && publicKey.y === key.y;
  return publicKey.kind === "ed25519" && key.kind === "ed25519" && publicKey.bytes.join() === key.publicKey.join();
}
