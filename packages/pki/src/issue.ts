import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto as never);

/** A certificate and its key, as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What a server is called. */
export interface Names {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

interface Life {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly days: number;
}

const dayMs = 24 * 60 * 60 * 1000;

/** How all our keys sign. */
export const signingAlgorithm: { readonly name: string; readonly namedCurve: string; readonly hash: string } = {
  name: "ECDSA",
  namedCurve: "P-256",
  hash: "SHA-256",
};

/** Valid from a day before now: clocks differ. */
function validity({ now, days }: Life): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now - dayMs), notAfter: new Date(now + days * dayMs) };
}

/** An authority that signs itself. */
export async function createCa(name: string, life: Life): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    ...validity(life),
    keys: keys as never,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

/** A certificate of an authority: of a server with these names, else of a client. */
export async function createLeaf(ca: KeyPair, subject: string, life: Life, server?: Names): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  const issuer = new x509.X509Certificate(ca.certificate);
  const usage = server === undefined ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
  const names = [
    ...(server?.names ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(server?.addresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: issuer.subject,
    ...validity(life),
    publicKey: keys.publicKey as never,
    signingKey: (await importKey(ca.key)) as never,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

/** Milliseconds until a PEM certificate ends. Throws for what is none. */
export function lifeLeft(certificate: string, now: number): number {
  return new x509.X509Certificate(certificate).notAfter.getTime() - now;
}

/** At random, and positive. */
export function serialNumber(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString("hex")
    .replace(/^[89a-f]/, "1");
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return `-----BEGIN PRIVATE KEY-----\n${bytes.toString("base64").replace(/.{64}/g, "$&\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

/** A key of ours, from PEM. */
export function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const bytes = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return webcrypto.subtle.importKey("pkcs8", bytes, signingAlgorithm, false, ["sign"]);
}
