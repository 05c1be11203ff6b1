import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import {
  alternativeNames,
  importKey,
  type KeyPair,
  type ParsedRequest,
  serialNumber,
  signingAlgorithm,
} from "@sallyport/pki";

const minuteMs = 60_000;
/** Clocks of those who check may be slow: certificates begin in the past. */
const backdateMs = 5 * minuteMs;
/** One that lives less is not cut by what it was backdated. */
const shortMs = 8 * 60 * minuteMs;
/** kube-controller-manager's `--cluster-signing-duration`. */
const longestMs = 365 * 24 * 60 * minuteMs;
const shortestMs = 10 * minuteMs;

const keyUsages: { readonly [usage: string]: number } = {
  signing: x509.KeyUsageFlags.digitalSignature,
  "digital signature": x509.KeyUsageFlags.digitalSignature,
  "content commitment": x509.KeyUsageFlags.nonRepudiation,
  "key encipherment": x509.KeyUsageFlags.keyEncipherment,
  "key agreement": x509.KeyUsageFlags.keyAgreement,
  "data encipherment": x509.KeyUsageFlags.dataEncipherment,
  "cert sign": x509.KeyUsageFlags.keyCertSign,
  "crl sign": x509.KeyUsageFlags.cRLSign,
  "encipher only": x509.KeyUsageFlags.encipherOnly,
  "decipher only": x509.KeyUsageFlags.decipherOnly,
};

const extendedKeyUsages: { readonly [usage: string]: string } = {
  any: "2.5.29.37.0",
  "server auth": x509.ExtendedKeyUsage.serverAuth,
  "client auth": x509.ExtendedKeyUsage.clientAuth,
  "code signing": x509.ExtendedKeyUsage.codeSigning,
  "email protection": x509.ExtendedKeyUsage.emailProtection,
  "s/mime": x509.ExtendedKeyUsage.emailProtection,
  "ipsec end system": "1.3.6.1.5.5.7.3.5",
  "ipsec tunnel": "1.3.6.1.5.5.7.3.6",
  "ipsec user": "1.3.6.1.5.5.7.3.7",
  timestamping: x509.ExtendedKeyUsage.timeStamping,
  "ocsp signing": x509.ExtendedKeyUsage.ocspSigning,
  "microsoft sgc": "1.3.6.1.4.1.311.10.3.3",
  "netscape sgc": "2.16.840.1.113730.4.1",
};

export interface Issue {
  readonly usages: readonly string[];
  /** A year unless the request asks for less; ten minutes at least. */
  readonly expirationSeconds?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Signs what a request asks for with an authority; PEM. Throws when the request is not signed by its own key, or the authority is over. */
export async function issueCertificate(
  ca: KeyPair,
  { request }: ParsedRequest,
  { usages, expirationSeconds, now }: Issue,
): Promise<string> {
  if (!(await request.verify())) throw new Error("unable to verify certificate request signature");
  const issuer = new x509.X509Certificate(ca.certificate);
  if (issuer.notAfter.getTime() <= now) throw new Error("the signer has expired");
  const names = alternativeNames(request);
  const extended = [...new Set(usages.flatMap((each) => extendedKeyUsages[each] ?? []))];
  const flags = usages.reduce((all, each) => all | (keyUsages[each] ?? 0), 0);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: request.subjectName,
    issuer: issuer.subjectName,
    notBefore: new Date(now - backdateMs),
    notAfter: new Date(Math.min(endOf(expirationSeconds, now), issuer.notAfter.getTime())),
    publicKey: request.publicKey,
    signingKey: (await importKey(ca.key)) as never,
    signingAlgorithm,
    extensions: [
      ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
      ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(names === undefined ? [] : [names]),
    ],
  });
  return `${certificate.toString("pem").trimEnd()}\n`;
}

function endOf(expirationSeconds: number | undefined, now: number): number {
  const wanted = expirationSeconds === undefined ? longestMs : expirationSeconds * 1000;
  const lives = Math.max(shortestMs, Math.min(longestMs, wanted));
  return now + (lives < shortMs ? lives : lives - backdateMs);
}
