import { X509Certificate } from "node:crypto";
import { type FieldError, invalid, type KubeObject } from "@sallyport/kube";
import type { SigningRequest } from "./signing-request.ts";

const block = /-----BEGIN ([^\n]*?)-----\r?\n([\s\S]*?)-----END \1-----/g;

/** What a signer has written into a request's status, where it changes: one certificate or more, and nothing else. */
export function validateIssued(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [issued, before] = [object, old].map((each) => (each as SigningRequest).status?.certificate ?? "");
  if (issued === "" || issued === undefined || issued === before) return [];
  const fault = certificateFault(Buffer.from(issued, "base64").toString("latin1"));
  return fault === undefined ? [] : [invalid("status.certificate", "<certificate data>", fault)];
}

function certificateFault(pem: string): string | undefined {
  const blocks = [...pem.matchAll(block)];
  for (const [, type = "", text = ""] of blocks) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (/^[^\n]*:/.test(text)) return "no PEM block headers are permitted";
    try {
      new X509Certificate(Buffer.from(text, "base64"));
    } catch {
      return "x509: malformed certificate";
    }
  }
  return blocks.length === 0 ? "must contain at least one CERTIFICATE PEM block" : undefined;
}
