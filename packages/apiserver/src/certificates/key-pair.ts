import { nodeCrypto } from "@sallyport/effects";
import { BuiltinError, checkKeyPair } from "@sallyport/rego/x509";

/** Why a certificate and a key, each in PEM in base64, are no pair for TLS, in Go's words. */
export function keyPairFault(certificate: string, key: string): string | undefined {
  try {
    checkKeyPair(pemOf(certificate), pemOf(key), nodeCrypto);
    return undefined;
  } catch (error) {
    if (error instanceof BuiltinError) return error.message;
    throw error;
  }
}

function pemOf(base64: string): string {
  return Buffer.from(base64, "base64").toString("latin1");
}
