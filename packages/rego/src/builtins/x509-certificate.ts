import { BuiltinError } from "./builtin.ts";
import { contextTag, DerReader, type DerTime, derTag, rightAligned } from "./der.ts";
import { goQuote } from "./go-quote.ts";
import { publicKeyAlgorithm, readAlgorithm, signatureAlgorithm } from "./x509-algorithms.ts";
import { type Extension, type Extensions, parseExtensions, readExtension } from "./x509-extensions.ts";
import { type Name, parseName } from "./x509-names.ts";
import { type PublicKey, parsePublicKey } from "./x509-public-key.ts";

/** An X.509 certificate (RFC 5280 section 4.1); `raw…` are the bytes of its parts, tags and lengths included. */
export interface Certificate {
  readonly raw: Uint8Array;
  readonly rawTbs: Uint8Array;
  readonly rawKey: Uint8Array;
  readonly rawSubject: Uint8Array;
  readonly rawIssuer: Uint8Array;
  readonly version: number;
  readonly serialNumber: bigint;
  readonly signatureAlgorithm: ReturnType<typeof signatureAlgorithm>;
  readonly signature: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: DerTime;
  readonly notAfter: DerTime;
  readonly publicKeyAlgorithm: number;
  /** Undefined when its algorithm is unknown. */
  readonly publicKey: PublicKey | undefined;
  readonly extensions: readonly Extension[];
  readonly known: Extensions;
}

/** Certificates one after the other, as Go's `x509.ParseCertificates`. Throws `BuiltinError` in its words. */
export function parseCertificates(der: Uint8Array): readonly Certificate[] {
  const reader = new DerReader(der);
  const certificates: Certificate[] = [];
  while (!reader.isEmpty) certificates.push(readCertificate(reader));
  return certificates;
}

/** One certificate and nothing behind it. */
export function parseCertificate(der: Uint8Array): Certificate {
  const reader = new DerReader(der);
  const certificate = readCertificate(reader);
  if (!reader.isEmpty) throw new BuiltinError("x509: trailing data");
  return certificate;
}

function readCertificate(input: DerReader): Certificate {
  const outer = input.element(derTag.sequence, "x509: malformed certificate");
  const reader = new DerReader(outer.content);
  const body = reader.element(derTag.sequence, "x509: malformed tbs certificate");
  const tbs = new DerReader(body.content);
  const version = readVersion(tbs);
  const serialNumber = tbs.integer("x509: malformed serial number");
  if (serialNumber < 0n) throw new BuiltinError("x509: negative serial number");
  const inner = tbs.content(derTag.sequence, "x509: malformed signature algorithm identifier");
  const repeated = reader.content(derTag.sequence, "x509: malformed algorithm identifier");
  if (inner.join() !== repeated.join())
    throw new BuiltinError("x509: inner and outer signature algorithm identifiers don't match");
  const algorithm = signatureAlgorithm(readAlgorithm(new DerReader(inner)));
  const rawIssuer = tbs.element(derTag.sequence, "x509: malformed issuer").element;
  const issuer = parseName(rawIssuer);
  const validity = tbs.inside(derTag.sequence, "x509: malformed validity");
  const [notBefore, notAfter] = [validity.time(), validity.time()];
  // Go has the same words for both names.
  const rawSubject = tbs.element(derTag.sequence, "x509: malformed issuer").element;
  const subject = parseName(rawSubject);
  const key = readKey(tbs);
  const extensions = version > 1 ? readExtensions(tbs, version) : [];
  const known = parseExtensions(extensions);
  const signature = rightAligned(reader.bitString("x509: malformed signature"));
  return {
    raw: outer.element,
    rawTbs: body.element,
    rawSubject,
    rawIssuer,
    version,
    serialNumber,
    signatureAlgorithm: algorithm,
    signature,
    issuer,
    subject,
    notBefore,
    notAfter,
    ...key,
    extensions,
    known,
  };
}

/** Counted from one. */
function readVersion(tbs: DerReader): number {
  const fault = "x509: malformed version";
  const explicit = tbs.optional(contextTag(0, true), fault);
  const version = explicit?.int64(fault) ?? 0;
  if (version < 0 || explicit?.isEmpty === false) throw new BuiltinError(fault);
  if (version > 2) throw new BuiltinError("x509: invalid version");
  return version + 1;
}

/** SubjectPublicKeyInfo, section 4.1.2.7. */
export function readKey(reader: DerReader): Pick<Certificate, "rawKey" | "publicKeyAlgorithm" | "publicKey"> {
  const { element, content } = reader.element(derTag.sequence, "x509: malformed spki");
  const info = new DerReader(content);
  const algorithm = readAlgorithm(info.inside(derTag.sequence, "x509: malformed public key algorithm identifier"));
  const bits = info.bitString("x509: malformed subjectPublicKey");
  return {
    rawKey: element,
    publicKeyAlgorithm: publicKeyAlgorithm(algorithm.algorithm),
    publicKey: parsePublicKey(algorithm, rightAligned(bits)),
  };
}

function readExtensions(tbs: DerReader, version: number): readonly Extension[] {
  tbs.optional(contextTag(1), "x509: malformed issuerUniqueID");
  tbs.optional(contextTag(2), "x509: malformed subjectUniqueID");
  if (version < 3) return [];
  const fault = "x509: malformed extensions";
  const reader = tbs.optional(contextTag(3, true), fault)?.inside(derTag.sequence, fault);
  const extensions = new Map<string, Extension>();
  while (reader?.isEmpty === false) {
    const extension = readExtension(reader.inside(derTag.sequence, "x509: malformed extension"));
    if (extensions.has(extension.id))
      throw new BuiltinError(`x509: certificate contains duplicate extension with OID ${goQuote(extension.id)}`);
    extensions.set(extension.id, extension);
  }
  return [...extensions.values()];
}
