import { createPublicKey, type KeyObject } from "node:crypto";
import { type Extension, extensionsIn } from "./certificate.ts";
import { emptyName, subjectAltName } from "./certificate-writer.ts";
import { contextTag, DerError, DerReader, oidOf, smallIntegerOf, tags, wholeBytesOf } from "./der-reader.ts";
import { bitString, context, element, integer, oid, sequence } from "./der-writer.ts";
import { oids } from "./oids.ts";
import { pemBlocks, pemOf } from "./pem.ts";
import { isSignedBy, signingKeyOf } from "./signature.ts";

/** What a PKCS #10 request asks for: RFC 2986. */
export interface CertificateRequest {
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  readonly key: KeyObject;
  /** Kinds of the subject's parts, by object identifier. */
  readonly subject: readonly string[];
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Whether its own key signed it, by an algorithm that is taken. */
  readonly isSigned: boolean;
}

/** Requests are far smaller; what is larger would only take time. */
const maxRequestBytes = 64 * 1024;

/** Reads one request in PEM. Throws `DerError`. */
export function parseCertificateRequest(pem: string): CertificateRequest {
  if (pem.length > maxRequestBytes) throw new DerError(`a request of more than ${maxRequestBytes} bytes`);
  const [der, more] = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"].flatMap((label) => pemBlocks(pem, label));
  if (der === undefined || more !== undefined) throw new DerError("expected one CERTIFICATE REQUEST in PEM");
  const whole = new DerReader(der);
  const outer = whole.open(tags.sequence);
  whole.end();
  const signed = outer.next(tags.sequence);
  const algorithm = oidOf(outer.open(tags.sequence).next(tags.oid).content);
  const signature = wholeBytesOf(outer.next(tags.bitString).content);
  outer.end();
  const fields = new DerReader(signed.content);
  if (smallIntegerOf(fields.next(tags.integer).content) !== 0)
    throw new DerError("a request of another version than 1");
  const subject = partsOf(fields.open(tags.sequence));
  const publicKey = fields.next(tags.sequence).raw;
  const attributes = fields.optional(contextTag(0, true));
  fields.end();
  const key = keyOf(publicKey);
  return {
    publicKey,
    key,
    subject,
    extensions: attributes === undefined ? new Map() : extensionsOf(new DerReader(attributes.content)),
    isSigned: isSignedBy(key, algorithm, signed.raw, signature),
  };
}

function keyOf(publicKey: Buffer): KeyObject {
  try {
    return createPublicKey({ key: publicKey, format: "der", type: "spki" });
  } catch {
    throw new DerError("no such public key");
  }
}

function partsOf(name: DerReader): readonly string[] {
  const parts: string[] = [];
  while (!name.isDone)
    for (const set = name.open(tags.set); !set.isDone; )
      parts.push(oidOf(set.open(tags.sequence).next(tags.oid).content));
  return parts;
}

/** Of the one attribute that asks for extensions; others (a password for a challenge) ask for nothing. */
function extensionsOf(attributes: DerReader): ReadonlyMap<string, Extension> {
  let found: ReadonlyMap<string, Extension> | undefined;
  while (!attributes.isDone) {
    const attribute = attributes.open(tags.sequence);
    if (oidOf(attribute.next(tags.oid).content) !== oids.extensionRequest) continue;
    if (found !== undefined) throw new DerError("two lists of extensions");
    found = extensionsIn(attribute.next(tags.set).content);
  }
  return found ?? new Map();
}

/** A request of a key for an ID, in PEM. The ID is told for whoever reads the request: an authority knows it from elsewhere. */
export function writeCertificateRequest(key: KeyObject, publicKey: Uint8Array, id?: string): string {
  const signer = signingKeyOf(key);
  const names = id === undefined ? [] : [requested(subjectAltName([id], [], true))];
  const signed = sequence(integer(Buffer.of(0)), emptyName, publicKey, context(0, ...names));
  return pemOf(sequence(signed, signer.algorithm, bitString(signer.sign(signed))), "CERTIFICATE REQUEST");
}

function requested(extension: Buffer): Buffer {
  return sequence(oid(oids.extensionRequest), element(tags.set, sequence(extension)));
}
