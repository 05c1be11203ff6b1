import { parseSpiffeId, type SpiffeId, SpiffeIdError } from "./spiffe-id.ts";
import {
  alternativeNamesOf,
  basicConstraintsOf,
  type Certificate,
  extendedKeyUsageOf,
  keyUsageOf,
} from "./x509/certificate.ts";
import { keyUsageBits, oids } from "./x509/oids.ts";

/** The rules that a certificate can break. */
export type SvidRule =
  | "form"
  | "uri-names"
  | "spiffe-id"
  | "path"
  | "basic-constraints"
  | "key-usage"
  | "extended-key-usage"
  | "subject"
  | "critical-extension"
  | "not-before"
  | "not-after"
  | "trust-domain"
  | "chain"
  | "signature";

/** Why a certificate is not taken. */
export interface SvidFault {
  readonly rule: SvidRule;
  /** A sentence without its subject: `has 2 URI names: exactly one is allowed`. */
  readonly message: string;
}

/** Extensions whose meaning is looked at here; others that are critical let a certificate be refused. RFC 5280, 4.2. */
const understood: ReadonlySet<string> = new Set([
  oids.subjectAltName,
  oids.basicConstraints,
  oids.keyUsage,
  oids.extendedKeyUsage,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  // Of policies none is asked for.
  oids.certificatePolicies,
]);

/**
 * What a leaf breaks of https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md, sections 2 to 5, and of RFC 5280; its signer
 * and its time are not looked at. Throws `DerError` for extensions that cannot be read.
 */
export function leafFaults(certificate: Certificate): readonly SvidFault[] {
  return [
    ...idFaults(certificate),
    ...(basicConstraintsOf(certificate.extensions).cA
      ? [fault("basic-constraints", "is an authority's (cA is true), which identifies no workload")]
      : []),
    ...leafUsageFaults(certificate),
    ...extendedUsageFaults(certificate),
    ...subjectFaults(certificate),
    ...criticalFaults(certificate),
  ];
}

/** The one ID of a certificate; undefined where it has none, or not exactly one. Throws `DerError`. */
export function idOf(certificate: Certificate): SpiffeId | undefined {
  const { uris } = alternativeNamesOf(certificate.extensions);
  try {
    return uris.length === 1 ? parseSpiffeId(uris[0] as string) : undefined;
  } catch (error) {
    if (error instanceof SpiffeIdError) return undefined;
    throw error;
  }
}

function idFaults({ extensions }: Certificate): readonly SvidFault[] {
  const { uris } = alternativeNamesOf(extensions);
  if (uris.length !== 1)
    return [
      fault(
        "uri-names",
        `has ${uris.length === 0 ? "no URI name" : `${uris.length} URI names`}: exactly one is allowed`,
      ),
    ];
  try {
    const { path } = parseSpiffeId(uris[0] as string);
    return path === "" ? [fault("path", `has the ID ${uris[0]} without a path, which is a trust domain's`)] : [];
  } catch (error) {
    if (error instanceof SpiffeIdError) return [fault("spiffe-id", `has no SPIFFE ID: ${error.message}`)];
    throw error;
  }
}

function leafUsageFaults({ extensions }: Certificate): readonly SvidFault[] {
  const has = keyUsageOf(extensions);
  if (has === undefined) return [fault("key-usage", "does not say what its key may be used for")];
  const faults: SvidFault[] = [];
  if (extensions.get(oids.keyUsage)?.critical !== true)
    faults.push(fault("key-usage", "has a key usage that is not critical"));
  if (!has(keyUsageBits.digitalSignature)) faults.push(fault("key-usage", "has a key usage without digitalSignature"));
  for (const name of ["keyCertSign", "cRLSign"] as const)
    if (has(keyUsageBits[name]))
      faults.push(fault("key-usage", `has a key usage with ${name}, which is an authority's`));
  return faults;
}

function extendedUsageFaults({ extensions }: Certificate): readonly SvidFault[] {
  const uses = extendedKeyUsageOf(extensions);
  if (uses === undefined) return [];
  return (["serverAuth", "clientAuth"] as const)
    .filter((name) => !uses.includes(oids[name]))
    .map((name) => fault("extended-key-usage", `has an extended key usage without ${name}`));
}

function subjectFaults({ subject, extensions }: Certificate): readonly SvidFault[] {
  const isEmpty = subject.length === 2;
  return isEmpty && extensions.get(oids.subjectAltName)?.critical !== true
    ? [fault("subject", "has no subject, and names beside it that are not critical")]
    : [];
}

function criticalFaults({ extensions }: Certificate): readonly SvidFault[] {
  return [...extensions]
    .filter(([name, { critical }]) => critical && !understood.has(name))
    .map(([name]) => fault("critical-extension", `has the critical extension ${name}, which is not known here`));
}

/** What a signing certificate breaks of section 3.2 and 4, below whom `below` more authorities lie. Throws `DerError`. */
export function authorityFaults(certificate: Certificate, below = 0): readonly SvidFault[] {
  const { extensions } = certificate;
  const { cA, pathLength } = basicConstraintsOf(extensions);
  const faults: SvidFault[] = [];
  if (!cA) faults.push(fault("basic-constraints", "is no authority's: cA is not true"));
  if (pathLength !== undefined && pathLength < below)
    faults.push(fault("basic-constraints", `allows ${pathLength} authorities below it, and has ${below}`));
  return [
    ...faults,
    ...authorityUsageFaults(certificate),
    ...authorityIdFaults(certificate),
    ...criticalFaults(certificate),
    // A critical one is refused already; one that is not would be passed over.
    ...(extensions.get(oids.nameConstraints)?.critical === false
      ? [fault("critical-extension", "has name constraints, which are not looked at here")]
      : []),
  ];
}

function authorityUsageFaults({ extensions }: Certificate): readonly SvidFault[] {
  const has = keyUsageOf(extensions);
  if (has === undefined) return [fault("key-usage", "does not say what its key may be used for")];
  const faults: SvidFault[] = [];
  if (extensions.get(oids.keyUsage)?.critical !== true)
    faults.push(fault("key-usage", "has a key usage that is not critical"));
  if (!has(keyUsageBits.keyCertSign)) faults.push(fault("key-usage", "has a key usage without keyCertSign"));
  const uses = extendedKeyUsageOf(extensions);
  const isLimited =
    uses !== undefined &&
    !uses.includes(oids.anyExtendedKeyUsage) &&
    !(uses.includes(oids.serverAuth) && uses.includes(oids.clientAuth));
  if (isLimited)
    faults.push(fault("extended-key-usage", "has an extended key usage that allows no workloads below it"));
  return faults;
}

/** An authority need not have an ID (that it SHOULD is asked of none: Istio's have none). */
function authorityIdFaults({ extensions }: Certificate): readonly SvidFault[] {
  const { uris } = alternativeNamesOf(extensions);
  if (uris.length === 0) return [];
  if (uris.length > 1) return [fault("uri-names", `has ${uris.length} URI names: exactly one is allowed`)];
  try {
    const { path } = parseSpiffeId(uris[0] as string);
    return path === "" ? [] : [fault("path", `has the ID ${uris[0]}: an authority's has no path`)];
  } catch (error) {
    if (error instanceof SpiffeIdError) return [fault("spiffe-id", `has no SPIFFE ID: ${error.message}`)];
    throw error;
  }
}

/** Whether it is in force. Times are to the second, both ends included. */
export function timeFault({ notBefore, notAfter }: Certificate, now: number): SvidFault | undefined {
  const text = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");
  if (now < notBefore) return fault("not-before", `is not valid before ${text(notBefore)}; it is ${text(now)}`);
  if (now >= notAfter + 1000) return fault("not-after", `ended at ${text(notAfter)}; it is ${text(now)}`);
  return undefined;
}

export function fault(rule: SvidRule, message: string): SvidFault {
  return { rule, message };
}
