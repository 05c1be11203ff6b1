import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { type FieldError, invalid, type KubeObject, required, tooLong } from "@sallyport/kube";
import { parseRequest } from "@sallyport/pki";
import { BuiltinError, type Certificate, parseCertificate, pemBlocks } from "@sallyport/rego/x509";
import { pemOfRequest } from "./pod-key.ts";

/** 100 KiB. */
const maxChainBytes = 100 * 1024;

const minute = 60;

interface IssuedRequest {
  readonly spec: {
    readonly stubPKCS10Request?: string;
    readonly pkixPublicKey?: string;
    readonly maxExpirationSeconds: number;
  };
  readonly status: {
    readonly certificateChain?: string;
    readonly notBefore?: string;
    readonly notAfter?: string;
    readonly beginRefreshAt?: string;
  };
}

/** The status of a PodCertificateRequest that is issued: a chain for the key that was asked for, and its times. `now` in milliseconds. */
export function issuedChainErrors(object: KubeObject, now: number): readonly FieldError[] {
  const request = object as unknown as IssuedRequest;
  const chain = request.status.certificateChain ?? "";
  if (chain.length > maxChainBytes) return [tooLong(chainField, maxChainBytes)];
  const [first, ...others] = pemBlocks(chain);
  const refused = (why: string) => [invalid(chainField, chain, why)];
  if (first === undefined) return refused("issued certificate chain must contain at least one certificate");
  if (first.type !== "CERTIFICATE")
    return refused("issued certificate chain must consist entirely of CERTIFICATE PEM blocks");
  const leaf = certificateOf(first.bytes);
  if (leaf === undefined) return refused("leaf certificate does not parse as valid X.509");
  const names = nameErrors(leaf);
  const key = keyOf(request);
  if (key === undefined || !new X509Certificate(first.bytes).publicKey.equals(key))
    return [...names, ...refused("leaf certificate was not issued to the requested public key")];
  const times = timeErrors(request, leaf, now);
  if (names.length + times.length > 0) return [...names, ...times];
  if (others.some(({ type }) => type !== "CERTIFICATE"))
    return refused("issued certificate chain must consist entirely of CERTFICATE PEM blocks");
  return others.some(({ bytes }) => certificateOf(bytes) === undefined)
    ? refused("intermediate certificate does not parse as valid X.509")
    : [];
}

const chainField = "status.certificateChain";

function certificateOf(bytes: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(bytes);
  } catch (error) {
    if (error instanceof BuiltinError) return undefined;
    throw error;
  }
}

function nameErrors({ known }: Certificate): readonly FieldError[] {
  return known.names.dnsNames.flatMap((name) => [
    ...(name === "" ? [invalid(chainField, name, "leaf certificate should not contain empty DNSName")] : []),
    ...(name.includes("..") ? [invalid(chainField, name, "leaf certificate's DNSName should not contain '..'")] : []),
    ...(name.startsWith(".") || name.endsWith(".")
      ? [invalid(chainField, name, "leaf certificate's DNSName should not start or end with '.'")]
      : []),
  ]);
}

/** The key that was asked for, which the spec was taken with. */
function keyOf({ spec }: IssuedRequest): KeyObject | undefined {
  if (!spec.stubPKCS10Request) return spkiKey(Buffer.from(spec.pkixPublicKey ?? "", "base64"));
  const pem = pemOfRequest(Buffer.from(spec.stubPKCS10Request, "base64"));
  const parsed = parseRequest(Buffer.from(pem).toString("base64"));
  return typeof parsed === "string" ? undefined : spkiKey(Buffer.from(parsed.request.publicKey.rawData));
}

function spkiKey(der: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    return undefined;
  }
}

const missing = {
  notBefore: "must be present and consistent with the issued certificate",
  notAfter: "must be present and consistent with the issued certificate",
  beginRefreshAt: "must be present and in the range [notbefore+10min, notafter-10min]",
} as const;

/** The first time that is wrong, or all that are missing. */
function timeErrors({ spec, status }: IssuedRequest, leaf: Certificate, now: number): readonly FieldError[] {
  const names = Object.keys(missing) as (keyof typeof missing)[];
  const lacking = names.filter((name) => !status[name]);
  if (lacking.length > 0) return lacking.map((name) => required(`status.${name}`, missing[name]));
  const [from, until, refresh] = names.map((name) => Date.parse(status[name] as string) / 1000) as [
    number,
    number,
    number,
  ];
  const [begin, end] = [leaf.notBefore.seconds, leaf.notAfter.seconds];
  const life = end - begin;
  const wrong = (name: keyof typeof missing, why: string) => [invalid(`status.${name}`, status[name], why)];
  if (from !== begin) return wrong("notBefore", "must be set to the NotBefore time encoded in the leaf certificate");
  if (Math.abs(from - now / 1000) >= 5 * minute)
    return wrong("notBefore", "must be set to within 5 minutes of kube-apiserver's current time");
  if (until !== end) return wrong("notAfter", "must be set to the NotAfter time encoded in the leaf certificate");
  if (life < 60 * minute) return [invalid(chainField, life * 1e9, "leaf certificate lifetime must be >= 1 hour")];
  if (life > spec.maxExpirationSeconds) {
    const why = `leaf certificate lifetime must be <= spec.maxExpirationSeconds (${spec.maxExpirationSeconds})`;
    return [invalid(chainField, life * 1e9, why)];
  }
  if (refresh < from + 10 * minute)
    return wrong("beginRefreshAt", "must be at least 10 minutes after status.notBefore");
  return refresh > until - 10 * minute
    ? wrong("beginRefreshAt", "must be at least 10 minutes before status.notAfter")
    : [];
}
