import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { SealError } from "./seal-error.ts";

/** No key is longer: one of 16384 bits has 13,000 characters. */
const pemBlock = /-----BEGIN ([A-Z ]{1,40})-----[\s\S]{1,20000}?-----END \1-----/g;

/** The public key to seal for, of a certificate in PEM as `kubeseal --fetch-cert` prints it; of several the first one. Throws `SealError`. */
export function sealingKeyOf(pem: string, now: Date): KeyObject {
  const [certificate] = blocksOf(pem, /^CERTIFICATE$/);
  if (certificate === undefined) throw new SealError("no certificate there: expected PEM with BEGIN CERTIFICATE");
  const parsed = readCertificate(certificate);
  if (new Date(parsed.validTo) < now)
    throw new SealError(`the certificate expired on ${parsed.validTo}: fetch the controller's newest one`);
  return rsa(parsed.publicKey);
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new SealError("the certificate cannot be read: its PEM holds no certificate in DER");
  }
}

/** All private keys among PEM blocks. Throws `SealError` where there is none, or one that cannot be read. */
export function privateKeysOfPem(pem: string): readonly KeyObject[] {
  const blocks = blocksOf(pem, /PRIVATE KEY$/);
  if (blocks.length === 0) throw new SealError("no private key there: expected PEM with BEGIN PRIVATE KEY");
  return blocks.map(readPrivateKey);
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return rsa(createPrivateKey(pem));
  } catch (error) {
    if (error instanceof SealError) throw error;
    throw new SealError("a private key cannot be read: expected an RSA key in PEM without a passphrase");
  }
}

function rsa(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType === "rsa") return key;
  throw new SealError(`a key is of type ${key.asymmetricKeyType}: sealed-secrets uses RSA`);
}

function blocksOf(pem: string, label: RegExp): readonly string[] {
  return [...pem.matchAll(pemBlock)].filter(([, name = ""]) => label.test(name)).map(([block]) => block);
}
