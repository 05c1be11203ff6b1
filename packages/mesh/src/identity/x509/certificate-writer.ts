import { hash } from "node:crypto";
import { contextTag, DerReader, tags } from "./der-reader.ts";
import {
  bitString,
  boolean,
  context,
  element,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  time,
  utf8String,
} from "./der-writer.ts";
import { oids } from "./oids.ts";
import type { SigningKey } from "./signature.ts";

/** What stands in a certificate; names, keys and extensions in DER. */
export interface CertificateFields {
  /** Of 1 to 20 bytes, the first below 0x80: RFC 5280, 4.1.2.2. */
  readonly serialNumber: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Milliseconds since the epoch, told to the second. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

const version3 = context(0, integer(Buffer.of(2)));

/** A signed certificate in DER. */
export function writeCertificate(fields: CertificateFields, key: SigningKey): Buffer {
  const signed = sequence(
    version3,
    integer(fields.serialNumber),
    key.algorithm,
    fields.issuer,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    fields.publicKey,
    ...(fields.extensions.length === 0 ? [] : [context(3, sequence(...fields.extensions))]),
  );
  return sequence(signed, key.algorithm, bitString(key.sign(signed)));
}

/** No subject: who is meant stands beside it. */
export const emptyName: Buffer = sequence();

/** A name of an organization and, where there is one, a common name. */
export function nameOf(organization: string, commonName?: string): Buffer {
  const part = (name: string, value: string) => element(tags.set, sequence(oid(name), utf8String(value)));
  return sequence(
    part(oids.organization, organization),
    ...(commonName === undefined ? [] : [part(oids.commonName, commonName)]),
  );
}

export function extension(name: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(oid(name), ...(critical ? [boolean(true)] : []), octetString(value));
}

export function basicConstraints(cA: boolean, pathLength?: number): Buffer {
  const length = pathLength === undefined ? [] : [integer(Buffer.of(pathLength))];
  return extension(oids.basicConstraints, true, cA ? sequence(boolean(true), ...length) : sequence());
}

export function keyUsage(bits: readonly number[], critical = true): Buffer {
  return extension(oids.keyUsage, critical, namedBits(bits));
}

export function extendedKeyUsage(uses: readonly string[]): Buffer {
  return extension(oids.extendedKeyUsage, false, sequence(...uses.map(oid)));
}

export function subjectAltName(uris: readonly string[], dns: readonly string[], critical: boolean): Buffer {
  const names = [
    ...uris.map((each) => element(contextTag(6, false), Buffer.from(each, "latin1"))),
    ...dns.map((each) => element(contextTag(2, false), Buffer.from(each, "latin1"))),
  ];
  return extension(oids.subjectAltName, critical, sequence(...names));
}

/** What a key is called in certificates: 160 bits of its SHA-256. RFC 7093, section 2, method 1. */
export function keyIdentifier(publicKey: Buffer): Buffer {
  const fields = new DerReader(publicKey).open(tags.sequence);
  fields.next(tags.sequence);
  const bits = fields.next(tags.bitString).content.subarray(1);
  return hash("sha256", bits, "buffer").subarray(0, 20);
}

export function subjectKeyIdentifier(identifier: Uint8Array): Buffer {
  return extension(oids.subjectKeyIdentifier, false, octetString(identifier));
}

export function authorityKeyIdentifier(identifier: Uint8Array): Buffer {
  return extension(oids.authorityKeyIdentifier, false, sequence(element(contextTag(0, false), identifier)));
}
