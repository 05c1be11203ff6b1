import { createPrivateKey, createPublicKey } from "node:crypto";
import { idOf } from "../svid.ts";
import { type Bundles, validatePeer } from "../validate-peer.ts";
import type { WorkloadCertificate } from "../workload-certificate.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import { DerError } from "../x509/der-reader.ts";
import { certificatePem, pemBlocks } from "../x509/pem.ts";

/** What came that is no certificate of a workload: why. */
export class CertificateFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CertificateFault";
  }
}

/** Texts in PEM. */
export interface CertificateTexts {
  /** The leaf first; roots among them are passed over. */
  readonly chain: string;
  readonly key: string;
  /** Roots of the workload's own trust domain. */
  readonly roots: string;
}

/** Throws `CertificateFault` for what peers would refuse, and for a key that is not the leaf's. `federated`: roots of other trust domains. */
export function workloadCertificateOf(
  texts: CertificateTexts,
  now: number,
  federated: Bundles = new Map(),
): WorkloadCertificate {
  const ders = pemBlocks(texts.chain, "CERTIFICATE");
  const [leaf] = ders;
  if (leaf === undefined) throw new CertificateFault("no certificate");
  const roots = uniqueRoots(texts.roots);
  if (roots.length === 0) throw new CertificateFault("no root");
  const certificate = parsed(leaf);
  requireKeyOf(certificate, texts.key);
  const bundles: Bundles = new Map([...federated, [ownDomain(certificate), roots.map(certificatePem)]]);
  const proved = validatePeer(ders, bundles, now);
  if (proved.kind === "fault") throw new CertificateFault(`the certificate ${proved.message}`);
  const shown = ders.filter((der) => !roots.some((root) => root.equals(der)));
  return {
    id: proved.id,
    chain: shown.map(certificatePem).join(""),
    key: texts.key,
    bundles,
    notAfter: proved.notAfter,
  };
}

/** By what the leaf says; whether it may say so is seen with the roots. Of one that says nothing the validation tells why. */
function ownDomain(leaf: Certificate): string {
  return idOf(leaf)?.trustDomain ?? "";
}

function uniqueRoots(pem: string): readonly Buffer[] {
  const byText = new Map(pemBlocks(pem, "CERTIFICATE").map((der) => [der.toString("base64"), der] as const));
  return [...byText.values()];
}

function requireKeyOf(leaf: Certificate, pem: string): void {
  let own: Buffer;
  try {
    own = createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "der" });
  } catch {
    // OpenSSL's words might hold of the text what nobody should see.
    throw new CertificateFault("the key is no private key in PEM");
  }
  if (!own.equals(leaf.publicKey)) throw new CertificateFault("the key is not the certificate's");
}

function parsed(der: Buffer): Certificate {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof DerError) throw new CertificateFault(`no certificate: ${error.message}`, { cause: error });
    throw error;
  }
}
