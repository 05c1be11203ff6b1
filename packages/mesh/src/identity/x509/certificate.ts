import {
  bitsOf,
  booleanOf,
  contextTag,
  DerError,
  DerReader,
  oidOf,
  smallIntegerOf,
  tags,
  timeOf,
  wholeBytesOf,
} from "./der-reader.ts";
import { oids } from "./oids.ts";

export interface Extension {
  readonly critical: boolean;
  readonly value: Buffer;
}

/** A certificate as it stands in DER: RFC 5280, section 4.1. */
export interface Certificate {
  readonly der: Buffer;
  /** What is signed. */
  readonly signed: Buffer;
  readonly serialNumber: Buffer;
  /** Names in DER; two are the same when their bytes are. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Its object identifier. */
  readonly signatureAlgorithm: string;
  readonly signature: Buffer;
}

/** Certificates are far smaller; what is larger would only take time. */
export const maxCertificateBytes = 64 * 1024;

/** Throws `DerError`. */
export function parseCertificate(bytes: Uint8Array): Certificate {
  if (bytes.length > maxCertificateBytes) throw new DerError(`a certificate of more than ${maxCertificateBytes} bytes`);
  const der = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = new DerReader(der);
  const outer = whole.open(tags.sequence);
  whole.end();
  const signed = outer.next(tags.sequence);
  const algorithm = outer.next(tags.sequence);
  const signature = wholeBytesOf(outer.next(tags.bitString).content);
  outer.end();
  const fields = new DerReader(signed.content);
  const version = fields.optional(contextTag(0, true));
  const number = version === undefined ? 0 : smallIntegerOf(new DerReader(version.content).next(tags.integer).content);
  if (number !== 2) throw new DerError("a certificate of another version than 3");
  const serialNumber = fields.next(tags.integer).content;
  if (!fields.next(tags.sequence).raw.equals(algorithm.raw)) throw new DerError("two algorithms of one signature");
  const issuer = fields.next(tags.sequence).raw;
  const validity = fields.open(tags.sequence);
  const [notBefore, notAfter] = [timeOf(validity.any()), timeOf(validity.any())];
  validity.end();
  const subject = fields.next(tags.sequence).raw;
  const publicKey = fields.next(tags.sequence).raw;
  const last = fields.optional(contextTag(3, true));
  fields.end();
  const signatureAlgorithm = oidOf(new DerReader(algorithm.content).next(tags.oid).content);
  const extensions = last === undefined ? new Map<string, Extension>() : extensionsIn(last.content);
  return {
    der,
    signed: signed.raw,
    serialNumber,
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey,
    extensions,
    signatureAlgorithm,
    signature,
  };
}

/** A sequence of extensions; none may be there twice. Throws `DerError`. */
export function extensionsIn(der: Buffer): ReadonlyMap<string, Extension> {
  const outer = new DerReader(der);
  const list = outer.open(tags.sequence);
  outer.end();
  const extensions = new Map<string, Extension>();
  while (!list.isDone) {
    const each = list.open(tags.sequence);
    const name = oidOf(each.next(tags.oid).content);
    const critical = each.optional(tags.boolean);
    const value = each.next(tags.octetString).content;
    each.end();
    if (extensions.has(name)) throw new DerError(`the extension ${name} is there twice`);
    extensions.set(name, { critical: critical !== undefined && booleanOf(critical.content), value });
  }
  return extensions;
}

/** Names beside the subject's: RFC 5280, 4.2.1.6. */
export interface AlternativeNames {
  readonly uris: readonly string[];
  readonly dns: readonly string[];
  /** How many there are of other kinds. */
  readonly others: number;
}

const noNames: AlternativeNames = { uris: [], dns: [], others: 0 };

/** Throws `DerError`. A URI is what its bytes are, whatever they are. */
export function alternativeNamesOf(extensions: ReadonlyMap<string, Extension>): AlternativeNames {
  const found = extensions.get(oids.subjectAltName);
  if (found === undefined) return noNames;
  const outer = new DerReader(found.value);
  const list = outer.open(tags.sequence);
  outer.end();
  const [uris, dns]: [string[], string[]] = [[], []];
  let others = 0;
  while (!list.isDone) {
    const { tag, content } = list.any();
    if (tag === contextTag(6, false)) uris.push(content.toString("latin1"));
    else if (tag === contextTag(2, false)) dns.push(content.toString("latin1"));
    else others++;
  }
  return { uris, dns, others };
}

export interface BasicConstraints {
  readonly cA: boolean;
  readonly pathLength?: number;
}

/** Throws `DerError`. */
export function basicConstraintsOf(extensions: ReadonlyMap<string, Extension>): BasicConstraints {
  const found = extensions.get(oids.basicConstraints);
  if (found === undefined) return { cA: false };
  const outer = new DerReader(found.value);
  const fields = outer.open(tags.sequence);
  outer.end();
  const cA = fields.optional(tags.boolean);
  const pathLength = fields.optional(tags.integer);
  fields.end();
  return {
    cA: cA !== undefined && booleanOf(cA.content),
    ...(pathLength === undefined ? {} : { pathLength: smallIntegerOf(pathLength.content) }),
  };
}

/** The bits of the key's use; undefined where there is no such extension. Throws `DerError`. */
export function keyUsageOf(extensions: ReadonlyMap<string, Extension>): ((bit: number) => boolean) | undefined {
  const found = extensions.get(oids.keyUsage);
  if (found === undefined) return undefined;
  const outer = new DerReader(found.value);
  const bits = bitsOf(outer.next(tags.bitString).content);
  outer.end();
  return bits;
}

/** Object identifiers; undefined where there is no such extension. Throws `DerError`. */
export function extendedKeyUsageOf(extensions: ReadonlyMap<string, Extension>): readonly string[] | undefined {
  const found = extensions.get(oids.extendedKeyUsage);
  if (found === undefined) return undefined;
  const outer = new DerReader(found.value);
  const list = outer.open(tags.sequence);
  outer.end();
  const uses: string[] = [];
  while (!list.isDone) uses.push(oidOf(list.next(tags.oid).content));
  return uses;
}

/** Throws `DerError`. */
export function subjectKeyIdentifierOf(extensions: ReadonlyMap<string, Extension>): Buffer | undefined {
  const found = extensions.get(oids.subjectKeyIdentifier);
  return found === undefined ? undefined : new DerReader(found.value).next(tags.octetString).content;
}

/** The identifier of the signer's key; names and numbers of it are not looked at. Throws `DerError`. */
export function authorityKeyIdentifierOf(extensions: ReadonlyMap<string, Extension>): Buffer | undefined {
  const found = extensions.get(oids.authorityKeyIdentifier);
  return found === undefined
    ? undefined
    : new DerReader(found.value).open(tags.sequence).optional(contextTag(0, false))?.content;
}
