import { generateKeyPairSync, randomBytes } from "node:crypto";
import { formatSpiffeId } from "../spiffe-id.ts";
import {
  authorityKeyIdentifier,
  basicConstraints,
  keyIdentifier,
  keyUsage,
  nameOf,
  subjectAltName,
  subjectKeyIdentifier,
  writeCertificate,
} from "../x509/certificate-writer.ts";
import { keyUsageBits } from "../x509/oids.ts";
import { certificatePem } from "../x509/pem.ts";
import { signingKeyOf } from "../x509/signature.ts";
import type { AuthorityPair, AuthorityState } from "./authority-state.ts";

/** How long a root lives: ten years, as Istio's own. */
export const rootLifeMs: number = 10 * 365 * 24 * 3600 * 1000;

/** Clocks differ. */
export const backdateMs: number = 2 * 60 * 1000;

/** A root that signs itself, of a new key. Its name has what tells it from the one before. */
export function createRoot(trustDomain: string, now: number, lifeMs: number = rootLifeMs): AuthorityPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const identifier = keyIdentifier(spki);
  const name = nameOf(trustDomain, `Sallyport mesh root ${identifier.toString("hex", 0, 4)}`);
  const der = writeCertificate(
    {
      serialNumber: serialNumber(),
      issuer: name,
      subject: name,
      notBefore: now - backdateMs,
      notAfter: now + lifeMs,
      publicKey: spki,
      extensions: [
        basicConstraints(true),
        keyUsage([keyUsageBits.keyCertSign, keyUsageBits.cRLSign]),
        subjectAltName([formatSpiffeId({ trustDomain, path: "" })], [], false),
        subjectKeyIdentifier(identifier),
        authorityKeyIdentifier(identifier),
      ],
    },
    signingKeyOf(privateKey),
  );
  return { certificate: certificatePem(der), key: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}

/** An authority that begins: its root signs. */
export function createAuthority(trustDomain: string, now: number, lifeMs: number = rootLifeMs): AuthorityState {
  const signer = createRoot(trustDomain, now, lifeMs);
  return { signer, chain: "", roots: [signer.certificate], rotation: { retired: [] } };
}

/** At random, and positive: RFC 5280, 4.1.2.2. */
export function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes;
}
