import type { KeyObject } from "node:crypto";
import { alternativeNamesOf, basicConstraintsOf, extendedKeyUsageOf, keyUsageOf } from "../x509/certificate.ts";
import type { CertificateRequest } from "../x509/certificate-request.ts";
import { keyUsageBits, oids } from "../x509/oids.ts";

/** Parts of a subject that are passed over. Agents of Istio name an organization, which is empty. */
const passedOver: ReadonlySet<string> = new Set([oids.organization]);

const askable: ReadonlySet<string> = new Set([
  oids.subjectAltName,
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
]);

const workloadUses: readonly string[] = [oids.serverAuth, oids.clientAuth];

/** Bits beside those that a leaf gets or may do without: contentCommitment and the rest. */
const workloadBits: ReadonlySet<number> = new Set([
  keyUsageBits.digitalSignature,
  keyUsageBits.keyEncipherment,
  keyUsageBits.keyAgreement,
]);

/**
 * Why a request is refused that the holder of an ID sent; undefined where it is not. Nothing of it but its key gets into the certificate: one
 * that asks for more was made by somebody who expects more, which cert-manager's csi-driver-spiffe refuses too. Throws `DerError`.
 */
export function requestFault(request: CertificateRequest, id: string): string | undefined {
  if (!request.isSigned) return "the request is not signed by its own key, by an algorithm that is taken";
  return (
    keyFault(request.key) ??
    subjectFault(request.subject) ??
    extensionFault(request) ??
    nameFault(request, id) ??
    usageFault(request)
  );
}

/** Weaker ones could be computed, and others are not what peers verify. */
export function keyFault(key: KeyObject): string | undefined {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa") {
    if (modulusLength < 2048) return `an RSA key of ${modulusLength} bits: 2048 is the least`;
    return modulusLength > 8192 ? `an RSA key of ${modulusLength} bits: 8192 is the most` : undefined;
  }
  if (key.asymmetricKeyType === "ed25519") return undefined;
  if (["prime256v1", "secp384r1", "secp521r1"].includes(namedCurve ?? "")) return undefined;
  return `a key of type ${namedCurve ?? key.asymmetricKeyType}: expected P-256, P-384, P-521, RSA or Ed25519`;
}

function subjectFault(subject: readonly string[]): string | undefined {
  const part = subject.find((each) => !passedOver.has(each));
  if (part === undefined) return undefined;
  return part === oids.commonName
    ? "a common name is not given to workloads"
    : `a subject with ${part} is not given to workloads`;
}

function extensionFault({ extensions }: CertificateRequest): string | undefined {
  const found = [...extensions.keys()].find((each) => !askable.has(each));
  return found === undefined ? undefined : `the extension ${found} is not given to workloads`;
}

function nameFault({ extensions }: CertificateRequest, id: string): string | undefined {
  const { uris, dns, others } = alternativeNamesOf(extensions);
  if (dns.length > 0) return `the DNS name ${JSON.stringify(dns[0])} is not given to workloads`;
  if (others > 0) return "names other than URIs (addresses, mail) are not given to workloads";
  if (uris.length > 1) return `${uris.length} URI names: a workload has one`;
  return uris.length === 0 || uris[0] === id
    ? undefined
    : `the ID ${JSON.stringify(uris[0])} is not the requester's, which is ${id}`;
}

function usageFault({ extensions }: CertificateRequest): string | undefined {
  if (basicConstraintsOf(extensions).cA) return "an authority's certificate is not given to workloads";
  const has = keyUsageOf(extensions);
  for (let bit = 0; has !== undefined && bit < 9; bit++)
    if (has(bit) && !workloadBits.has(bit)) return `the key usage ${usageName(bit)} is not given to workloads`;
  const use = extendedKeyUsageOf(extensions)?.find((each) => !workloadUses.includes(each));
  return use === undefined ? undefined : `the extended key usage ${use} is not given to workloads`;
}

function usageName(bit: number): string {
  return Object.entries(keyUsageBits).find(([, each]) => each === bit)?.[0] ?? `of bit ${bit}`;
}
