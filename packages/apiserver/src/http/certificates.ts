import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

/** A certificate and its key, as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** All that the server and its administrator need. */
export interface Certificates {
  readonly ca: KeyPair;
  readonly server: KeyPair;
  /** `kubernetes-admin` of `system:masters`. */
  readonly admin: KeyPair;
}

const dayMs = 24 * 60 * 60 * 1000;
const caDays = 3650;
const leafDays = 365;
/** A leaf with less than this to live is made anew at the next start. */
const renewDays = 30;

/** How all our keys sign. */
export const signingAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Reads the certificates of a folder; makes those that are missing or about to expire. Keys are readable by their owner alone. */
export async function loadCertificates(folder: string, host: string): Promise<Certificates> {
  x509.cryptoProvider.set(webcrypto as never);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ca = readPair(folder, "ca") ?? savePair(folder, "ca", await createCa());
  const names = [
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
  ];
  const addresses = [...new Set(["127.0.0.1", "::1", ...(/^[\d.:a-f]+$/i.test(host) ? [host] : [])])];
  const server =
    readPair(folder, "server") ??
    savePair(
      folder,
      "server",
      await createLeaf(ca, "CN=kube-apiserver", {
        names: [...names, ...(addresses.includes(host) ? [] : [host])],
        addresses,
      }),
    );
  const admin =
    readPair(folder, "admin") ??
    savePair(folder, "admin", await createLeaf(ca, "O=system:masters, CN=kubernetes-admin"));
  return { ca, server, admin };
}

function readPair(folder: string, name: string): KeyPair | undefined {
  const [certificateFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return undefined;
  const certificate = readFileSync(certificateFile, "utf8");
  try {
    const left = new x509.X509Certificate(certificate).notAfter.getTime() - Date.now();
    return left < renewDays * dayMs ? undefined : { certificate, key: readFileSync(keyFile, "utf8") };
  } catch {
    return undefined;
  }
}

/** The key first: a certificate without its key would be taken for whole at the next start. */
function savePair(folder: string, name: string, pair: KeyPair): KeyPair {
  for (const [file, text] of [
    [`${name}.key`, pair.key],
    [`${name}.crt`, pair.certificate],
  ] as const) {
    const partial = join(folder, `.${file}.partial`);
    writeFileSync(partial, text, { mode: 0o600 });
    renameSync(partial, join(folder, file));
  }
  return pair;
}

/** At random, and positive. */
export function serialNumber(): string {
  return Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString("hex")
    .replace(/^[89a-f]/, "1");
}

/** A new authority. */
export async function createCa(): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=sallyport-ca",
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + caDays * dayMs),
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

async function createLeaf(
  ca: KeyPair,
  subject: string,
  server?: { readonly names: readonly string[]; readonly addresses: readonly string[] },
): Promise<KeyPair> {
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
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + leafDays * dayMs),
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

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return `-----BEGIN PRIVATE KEY-----\n${bytes.toString("base64").replace(/.{64}/g, "$&\n").trimEnd()}\n-----END PRIVATE KEY-----\n`;
}

/** A key of ours, from PEM. */
export function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const bytes = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return webcrypto.subtle.importKey("pkcs8", bytes, signingAlgorithm, false, ["sign"]);
}
