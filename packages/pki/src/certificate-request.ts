import "reflect-metadata";
import { createPublicKey, verify } from "node:crypto";
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

/** Reads a request in PEM, in base64; text that is none, or is not signed by its own key, is answered as an error in Go's words. */
export function parseRequest(base64: string): ParsedRequest | string {
  const pem = Buffer.from(base64, "base64").toString("latin1");
  const [block] = /-----BEGIN CERTIFICATE REQUEST-----[^-]*-----END CERTIFICATE REQUEST-----/.exec(pem) ?? [];
  if (block === undefined) return "PEM block type must be CERTIFICATE REQUEST";
  const fault = lengthFault(Buffer.from(block.replaceAll(/-----[^-]*-----/g, ""), "base64"));
  if (fault !== undefined) return `asn1: syntax error: ${fault}`;
  try {
    const request = new x509.Pkcs10CertificateRequest(block);
    const unsigned = signatureFault(request);
    if (unsigned !== undefined) return unsigned;
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
    return `asn1: structure error: ${(error as Error).message}`;
  }
}

/** Where the content of an element of DER begins and where it ends, by the length that it tells. X.690, 8.1.3. */
function elementAt(der: Uint8Array, start: number): { readonly content: number; readonly end: number } {
  const first = der[start + 1] ?? 0;
  const content = start + 2 + (first < 0x80 ? 0 : first & 0x7f);
  let length = first < 0x80 ? first : 0;
  for (let i = start + 2; i < content; i++) length = length * 256 + (der[i] ?? 0);
  return { content, end: content + length };
}

function lengthFault(der: Uint8Array): string | undefined {
  if (der.length < 2) return "sequence truncated";
  const { end } = elementAt(der, 0);
  if (end === der.length) return undefined;
  return end > der.length ? "data truncated" : "trailing data";
}

interface Algorithm {
  readonly name: string;
  readonly hash?: { readonly name: string };
}

/** What Go says when a signature of a kind does not fit. */
const failures: { readonly [algorithm: string]: string } = {
  ECDSA: "x509: ECDSA verification failure",
  "RSASSA-PKCS1-v1_5": "crypto/rsa: verification error",
  Ed25519: "x509: Ed25519 verification failure",
};

/** Why the request does not prove that who made it has the key. */
function signatureFault(request: x509.Pkcs10CertificateRequest): string | undefined {
  const { name, hash } = request.signatureAlgorithm as Algorithm;
  const failure = failures[name];
  if (failure === undefined) return "x509: cannot verify signature: algorithm unimplemented";
  const key = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: "der", type: "spki" });
  // Node reads ECDSA's signatures as they stand in certificates; this library keeps them so.
  const digest = hash?.name.replace("-", "").toLowerCase() ?? null;
  const der = new Uint8Array(request.rawData);
  const { content } = elementAt(der, 0);
  const signed = der.subarray(content, elementAt(der, content).end);
  return verify(digest, signed, key, Buffer.from(request.signature)) ? undefined : failure;
}

/** The names beside the subject's. */
export function alternativeNames(
  request: x509.Pkcs10CertificateRequest,
): x509.SubjectAlternativeNameExtension | undefined {
  const found = request.getExtension("2.5.29.17");
  return found === null ? undefined : new x509.SubjectAlternativeNameExtension(found.rawData);
}
