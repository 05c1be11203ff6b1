import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { KubeObject } from "@sallyport/kube";

/** certificates/v1 CertificateSigningRequest. */
export interface SigningRequest extends KubeObject {
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly usages?: readonly string[];
    readonly expirationSeconds?: number;
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: { readonly [key: string]: readonly string[] };
  };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly RequestCondition[];
  };
}

export interface RequestCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

/** What a PKCS #10 request asks for. RFC 2986. */
export interface ParsedRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  readonly request: x509.Pkcs10CertificateRequest;
}

/** Reads a request in PEM, in base64; text that is none is answered as an error. */
export function parseRequest(base64: string): ParsedRequest | string {
  const pem = Buffer.from(base64, "base64").toString("latin1");
  const [block] = /-----BEGIN CERTIFICATE REQUEST-----[^-]*-----END CERTIFICATE REQUEST-----/.exec(pem) ?? [];
  if (block === undefined) return "PEM block type must be CERTIFICATE REQUEST";
  try {
    const request = new x509.Pkcs10CertificateRequest(block);
    const names = alternativeNames(request)?.names.items ?? [];
    const of = (type: string) => names.filter((each) => each.type === type).map(({ value }) => value);
    return {
      commonName: request.subjectName.getField("CN")[0] ?? "",
      organizations: request.subjectName.getField("O"),
      dnsNames: of("dns"),
      ipAddresses: of("ip"),
      emailAddresses: of("email"),
      uris: of("url"),
      request,
    };
  } catch (error) {
    return (error as Error).message;
  }
}

/** Why a text is no request. */
export function requestFault(base64: string): string | undefined {
  const parsed = parseRequest(base64);
  return typeof parsed === "string" ? parsed : undefined;
}

export function hasCondition({ status }: SigningRequest, type: string): boolean {
  return (status?.conditions ?? []).some((each) => each.type === type && each.status === "True");
}

/** The names beside the subject's. */
export function alternativeNames(
  request: x509.Pkcs10CertificateRequest,
): x509.SubjectAlternativeNameExtension | undefined {
  const found = request.getExtension("2.5.29.17");
  return found === null ? undefined : new x509.SubjectAlternativeNameExtension(found.rawData);
}
