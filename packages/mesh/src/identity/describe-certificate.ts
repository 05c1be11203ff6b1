import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { authorityFaults, fault, idOf, leafFaults, type SvidFault, timeFault } from "./svid.ts";
import { type Bundles, validatePeer } from "./validate-peer.ts";
import { alternativeNamesOf, basicConstraintsOf, type Certificate, parseCertificate } from "./x509/certificate.ts";
import { DerError } from "./x509/der-reader.ts";
import { certificatePem, pemBlocks } from "./x509/pem.ts";

/** What a certificate says, and which rules it breaks. */
export interface CertificateDescription {
  readonly kind: "leaf" | "authority";
  /** Its URI names, of which an SVID has exactly one. */
  readonly uris: readonly string[];
  readonly dns: readonly string[];
  /** As OpenSSL prints names; empty where there is none. */
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly faults: readonly SvidFault[];
}

export interface FileDescription {
  readonly certificates: readonly CertificateDescription[];
  /** Who it is, by roots of its own trust domain; undefined where none were given. */
  readonly chain?: { readonly id: string } | { readonly fault: SvidFault };
}

/** A text that holds no certificates: why. */
export class CertificateTextError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CertificateTextError";
  }
}

/**
 * Of each certificate of a PEM text, the leaf first; with roots (PEM) also whether it leads to one of them, as roots of its own trust domain.
 * Throws `CertificateTextError`.
 */
export function describeCertificates(pem: string, now: number, roots?: string): FileDescription {
  const certificates = certificatesIn(pem);
  const described = certificates.map((each) => descriptionOf(each, now));
  if (roots === undefined) return { certificates: described };
  const trusted = certificatesIn(roots).map(({ der }) => certificatePem(der));
  return { certificates: described, chain: chainOf(certificates, trusted, now) };
}

function chainOf(
  certificates: readonly Certificate[],
  roots: readonly string[],
  now: number,
): NonNullable<FileDescription["chain"]> {
  const [first] = certificates as [Certificate];
  const bundles: Bundles = new Map([[idOf(first)?.trustDomain ?? "", roots]]);
  const told = validatePeer(
    certificates.map(({ der }) => der),
    bundles,
    now,
  );
  return told.kind === "valid" ? { id: told.id } : { fault: fault(told.rule, told.message) };
}

function certificatesIn(pem: string): readonly Certificate[] {
  const blocks = pemBlocks(pem, "CERTIFICATE");
  if (blocks.length === 0) throw new CertificateTextError("no certificate; expected -----BEGIN CERTIFICATE-----");
  return blocks.map((der, place) => {
    try {
      return parseCertificate(der);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      throw new CertificateTextError(`certificate ${place + 1} cannot be read: ${error.message}`, { cause: error });
    }
  });
}

function descriptionOf(certificate: Certificate, now: number): CertificateDescription {
  try {
    const read = opened(certificate.der);
    const { uris, dns } = alternativeNamesOf(certificate.extensions);
    const isAuthority = basicConstraintsOf(certificate.extensions).cA;
    const late = timeFault(certificate, now);
    return {
      kind: isAuthority ? "authority" : "leaf",
      uris,
      dns,
      subject: oneLine(read.subject),
      issuer: oneLine(read.issuer),
      serialNumber: certificate.serialNumber.toString("hex"),
      key: keyText(certificate),
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      faults: [
        ...(isAuthority ? authorityFaults(certificate) : leafFaults(certificate)),
        ...(late === undefined ? [] : [late]),
      ],
    };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new CertificateTextError(`an extension cannot be read: ${error.message}`, { cause: error });
  }
}

/** OpenSSL prints names, and reads some parts that nobody else looks at. */
function opened(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (error) {
    throw new CertificateTextError("a part of the certificate cannot be read by OpenSSL", { cause: error });
  }
}

function oneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ");
}

function keyText({ publicKey }: Certificate): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = keyIn(publicKey);
  const { namedCurve, modulusLength } = asymmetricKeyDetails ?? {};
  const names: { readonly [curve: string]: string } = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };
  if (namedCurve !== undefined) return names[namedCurve] ?? namedCurve;
  return modulusLength === undefined
    ? (asymmetricKeyType ?? "")
    : `${asymmetricKeyType?.toUpperCase()} ${modulusLength}`;
}

function keyIn(publicKey: Buffer): KeyObject {
  try {
    return createPublicKey({ key: publicKey, format: "der", type: "spki" });
  } catch (error) {
    throw new CertificateTextError("the public key cannot be read", { cause: error });
  }
}
