import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { createCa } from "@sallyport/pki";
import { validateIssued } from "./issued-certificate.ts";

const { certificate, key } = await createCa("CN=ca", { now: Date.now(), days: 1 });

function request(pem: string): KubeObject {
  const status = { certificate: Buffer.from(pem).toString("base64") };
  return { apiVersion: "certificates.k8s.io/v1", kind: "CertificateSigningRequest", metadata: { name: "r" }, status };
}

const cases: readonly [what: string, pem: string, before: string, fault: string | undefined][] = [
  ["one", certificate, "", undefined],
  ["two", `${certificate}\n${certificate}`, "", undefined],
  ["none", "nonsense", "", "must contain at least one CERTIFICATE PEM block"],
  ["none, as before", "nonsense", "nonsense", undefined],
  ["a key", key, "", 'only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY"'],
  ["nothing in it", "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----", "", "x509: malformed certificate"],
  ["a header", certificate.replace("-----\n", "-----\na: b\n\n"), "", "no PEM block headers are permitted"],
];

for (const [what, pem, before, fault] of cases)
  test(`an issued certificate: ${what}`, () => {
    const errors = validateIssued(request(pem), request(before)).map(({ message }) => message);
    assert.deepEqual(errors, fault === undefined ? [] : [`Invalid value: "<certificate data>": ${fault}`]);
  });
