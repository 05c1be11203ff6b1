import { createHash, createHmac } from "node:crypto";
import type { CryptoEffects } from "@sallyport/rego";
import { publicKey, verifyCertificate } from "./certificates.ts";
import { sign, verify } from "./signatures.ts";

/** The cryptography of Rego's builtins, by OpenSSL through Node. */
export const nodeCrypto: CryptoEffects = {
  hash: (algorithm, data) => createHash(algorithm).update(data).digest(),
  hmac: (algorithm, key, data) => createHmac(algorithm, key).update(data).digest(),
  sign,
  verify,
  verifyCertificate,
  publicKey,
};
