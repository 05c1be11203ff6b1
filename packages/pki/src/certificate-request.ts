import "reflect-metadata";
import * as x509 from "@peculiar/x509";

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

/** The names beside the subject's. */
export function alternativeNames(
  request: x509.Pkcs10CertificateRequest,
): x509.SubjectAlternativeNameExtension | undefined {
  const found = request.getExtension("2.5.29.17");
  return found === null ? undefined : new x509.SubjectAlternativeNameExtension(found.rawData);
}
