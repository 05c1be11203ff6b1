import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import {
  authorityKeyIdentifier,
  basicConstraints,
  emptyName,
  extendedKeyUsage,
  keyIdentifier,
  keyUsage,
  nameOf,
  subjectAltName,
  subjectKeyIdentifier,
  writeCertificate,
} from "./certificate-writer.ts";
import { keyUsageBits, oids } from "./oids.ts";
import { certificatePem } from "./pem.ts";
import { signingKeyOf } from "./signature.ts";

export interface Made {
  readonly der: Buffer;
  readonly pem: string;
  readonly subject: Buffer;
  readonly publicKey: Buffer;
  readonly key: KeyObject;
}

/** What of a certificate is otherwise than it should be. */
export interface Odd {
  readonly id?: string;
  readonly uris?: readonly string[];
  readonly dns?: readonly string[];
  readonly subject?: Buffer;
  readonly issuer?: Buffer;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly sanCritical?: boolean;
  readonly basic?: Buffer | null;
  readonly usage?: Buffer | null;
  readonly uses?: readonly string[] | null;
  readonly more?: readonly Buffer[];
  readonly keyId?: Buffer | null;
  readonly signer?: Made;
  readonly curve?: string;
}

/** When all of them are in force: a day on both sides of this. */
export const noon: number = Date.parse("2026-06-15T12:00:00Z");
const day = 24 * 3600 * 1000;

export function madeLeaf(signer: Made, odd: Odd = {}): Made {
  const uris = odd.uris ?? [odd.id ?? "spiffe://cluster.local/ns/shop/sa/cart"];
  return made({ ...odd, signer: odd.signer ?? signer }, emptyName, [
    ...part(odd.basic, basicConstraints(false)),
    ...part(odd.usage, keyUsage([keyUsageBits.digitalSignature, keyUsageBits.keyEncipherment])),
    ...(odd.uses === null ? [] : [extendedKeyUsage(odd.uses ?? [oids.serverAuth, oids.clientAuth])]),
    ...(uris.length + (odd.dns ?? []).length === 0
      ? []
      : [subjectAltName(uris, odd.dns ?? [], odd.sanCritical ?? true)]),
  ]);
}

/** Of itself, where no signer is given. */
export function madeAuthority(name: string, odd: Odd = {}): Made {
  return made(odd, nameOf("cluster.local", name), [
    ...part(odd.basic, basicConstraints(true)),
    ...part(odd.usage, keyUsage([keyUsageBits.keyCertSign, keyUsageBits.cRLSign])),
    ...(odd.uses == null ? [] : [extendedKeyUsage(odd.uses)]),
    ...(odd.uris === undefined ? [] : [subjectAltName(odd.uris, [], false)]),
  ]);
}

function part(given: Buffer | null | undefined, usual: Buffer): readonly Buffer[] {
  return given === null ? [] : [given ?? usual];
}

function made(odd: Odd, usualSubject: Buffer, extensions: readonly Buffer[]): Made {
  const { privateKey: key, publicKey: own } = generateKeyPairSync("ec", { namedCurve: odd.curve ?? "P-256" });
  const publicKey = own.export({ type: "spki", format: "der" });
  const subject = odd.subject ?? usualSubject;
  const signer = odd.signer ?? { publicKey, key, subject };
  const keyId = odd.keyId === undefined ? keyIdentifier(signer.publicKey) : odd.keyId;
  const fields = {
    serialNumber: Buffer.concat([Buffer.of(1), randomBytes(15)]),
    issuer: odd.issuer ?? signer.subject,
    subject,
    notBefore: odd.notBefore ?? noon - day,
    notAfter: odd.notAfter ?? noon + day,
    publicKey,
    extensions: [
      ...extensions,
      subjectKeyIdentifier(keyIdentifier(publicKey)),
      ...(keyId === null ? [] : [authorityKeyIdentifier(keyId)]),
      ...(odd.more ?? []),
    ],
  };
  const der = writeCertificate(fields, signingKeyOf(signer.key));
  return { der, pem: certificatePem(der), subject, publicKey, key };
}
