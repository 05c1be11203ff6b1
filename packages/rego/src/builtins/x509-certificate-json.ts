import { normalizeInteger } from "../value/number.ts";
import type { Value } from "../value/value.ts";
import { type DerTime, isSmallOid } from "./der.ts";
import { encodeBase64 } from "./encoding.ts";
import { textOf, uriText } from "./uri.ts";
import { alternativeNamesJson } from "./x509-alternative-names.ts";
import type { Certificate } from "./x509-certificate.ts";
import type { Extension, Extensions } from "./x509-extensions.ts";
import { subtreesJson } from "./x509-name-constraints.ts";
import { listJson, nameJson, oidJson } from "./x509-names.ts";
import { publicKeyJson } from "./x509-public-key.ts";

/** Go's ExtKeyUsage is the place in this list. */
export const extendedKeyUsages: readonly string[] = [
  "2.5.29.37.0",
  "1.3.6.1.5.5.7.3.1",
  "1.3.6.1.5.5.7.3.2",
  "1.3.6.1.5.5.7.3.3",
  "1.3.6.1.5.5.7.3.4",
  "1.3.6.1.5.5.7.3.5",
  "1.3.6.1.5.5.7.3.6",
  "1.3.6.1.5.5.7.3.7",
  "1.3.6.1.5.5.7.3.8",
  "1.3.6.1.5.5.7.3.9",
  "1.3.6.1.4.1.311.10.3.3",
  "2.16.840.1.113730.4.1",
  "1.3.6.1.4.1.311.2.1.22",
  "1.3.6.1.4.1.311.61.1.1",
];

/** As `encoding/json` writes Go's x509.Certificate. */
export function certificateJson(certificate: Certificate): { readonly [field: string]: Value } {
  const { known, publicKey } = certificate;
  return {
    Raw: encodeBase64(certificate.raw),
    RawTBSCertificate: encodeBase64(certificate.rawTbs),
    RawSubjectPublicKeyInfo: encodeBase64(certificate.rawKey),
    RawSubject: encodeBase64(certificate.rawSubject),
    RawIssuer: encodeBase64(certificate.rawIssuer),
    Signature: encodeBase64(certificate.signature),
    SignatureAlgorithm: certificate.signatureAlgorithm.number,
    PublicKeyAlgorithm: certificate.publicKeyAlgorithm,
    PublicKey: publicKey === undefined ? null : publicKeyJson(publicKey),
    Version: certificate.version,
    SerialNumber: normalizeInteger(certificate.serialNumber),
    Issuer: nameJson(certificate.issuer),
    Subject: nameJson(certificate.subject),
    NotBefore: timeJson(certificate.notBefore),
    NotAfter: timeJson(certificate.notAfter),
    Extensions: listJson(certificate.extensions.map(extensionJson)),
    ExtraExtensions: null,
    ...usageJson(known),
    ...alternativeNamesJson(known.names),
    PermittedDNSDomainsCritical: known.constraints.critical,
    ...(subtreesJson("Permitted", known.constraints.permitted) as object),
    ...(subtreesJson("Excluded", known.constraints.excluded) as object),
    ...policyJson(known),
  };
}

/** The same with the field that `crypto.x509` adds: URIs as text. */
export function extendedCertificateJson(certificate: Certificate): Value {
  const { uris } = certificate.known.names;
  return { ...certificateJson(certificate), URIStrings: listJson(uris.map((uri) => textOf(uriText(uri)))) };
}

export function extensionJson({ id, critical, value }: Extension): Value {
  return { Id: oidJson(id), Critical: critical, Value: encodeBase64(value) };
}

function timeJson({ text }: DerTime): string {
  return text;
}

function bytesJson(bytes: Uint8Array | undefined): Value {
  return bytes === undefined ? null : encodeBase64(bytes);
}

function usageJson(known: Extensions): { readonly [field: string]: Value } {
  const { basicConstraints, extendedKeyUsages: usages } = known;
  const numbers = usages.map((oid) => extendedKeyUsages.indexOf(oid));
  return {
    KeyUsage: known.keyUsage,
    UnhandledCriticalExtensions: listJson(known.unhandledCritical.map(oidJson)),
    ExtKeyUsage: listJson(numbers.filter((each) => each >= 0)),
    UnknownExtKeyUsage: listJson(usages.filter((oid) => !extendedKeyUsages.includes(oid)).map(oidJson)),
    BasicConstraintsValid: basicConstraints !== undefined,
    IsCA: basicConstraints?.isCa ?? false,
    MaxPathLen: basicConstraints?.maxPathLength ?? 0,
    MaxPathLenZero: basicConstraints?.maxPathLength === 0,
    SubjectKeyId: bytesJson(known.subjectKeyId),
    AuthorityKeyId: bytesJson(known.authorityKeyId),
    OCSPServer: listJson(known.ocspServers),
    IssuingCertificateURL: listJson(known.issuerUrls),
    CRLDistributionPoints: listJson(known.crlDistributionPoints),
  };
}

function policyJson(known: Extensions): { readonly [field: string]: Value } {
  const { policies } = known;
  return {
    Policies: policies === undefined ? null : listJson(policies),
    PolicyIdentifiers: policies === undefined ? null : policies.filter(isSmallOid).map(oidJson),
    PolicyMappings: listJson(
      known.policyMappings.map(({ issuer, subject }) => ({ IssuerDomainPolicy: issuer, SubjectDomainPolicy: subject })),
    ),
    RequireExplicitPolicy: known.requireExplicitPolicy ?? 0,
    RequireExplicitPolicyZero: known.requireExplicitPolicy === 0,
    InhibitPolicyMapping: known.inhibitPolicyMapping ?? 0,
    InhibitPolicyMappingZero: known.inhibitPolicyMapping === 0,
    InhibitAnyPolicy: known.inhibitAnyPolicy ?? 0,
    InhibitAnyPolicyZero: known.inhibitAnyPolicy === 0,
  };
}
