import "reflect-metadata";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as x509 from "@peculiar/x509";
import { parseRequest } from "./certificate-request.ts";

async function madeRequest(): Promise<Buffer> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=joe",
    keys,
    signingAlgorithm: algorithm,
  });
  return Buffer.from(request.rawData);
}

function outcome(der: Uint8Array): string {
  const text = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
  const parsed = parseRequest(Buffer.from(text).toString("base64"));
  return typeof parsed === "string" ? parsed : parsed.commonName;
}

function flipped(der: Buffer, at: number): Buffer {
  const copy = Buffer.from(der);
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

const cases: readonly (readonly [string, (der: Buffer) => Uint8Array, string])[] = [
  ["as it was made", (der) => der, "joe"],
  ["another signature", (der) => flipped(der, der.length - 1), "x509: ECDSA verification failure"],
  ["cut", (der) => der.subarray(0, -5), "asn1: syntax error: data truncated"],
  ["with more behind it", (der) => Buffer.concat([der, Buffer.alloc(2)]), "asn1: syntax error: trailing data"],
  ["nothing", () => Buffer.alloc(0), "asn1: syntax error: sequence truncated"],
];

for (const [name, change, expected] of cases)
  test(`a certificate request ${name}`, async () => assert.equal(outcome(change(await madeRequest())), expected));
