import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseRequest } from "@sallyport/pki";
import { parseCertificateRequest, writeCertificateRequest } from "../x509/certificate-request.ts";
import { requestFault } from "./request-fault.ts";

const id = "spiffe://cluster.local/ns/shop/sa/cart";
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

function judged(pem: string): string {
  try {
    return requestFault(parseCertificateRequest(pem), id) ?? "taken";
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

function requestOf(
  { privateKey, publicKey }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  uri?: string,
) {
  return writeCertificateRequest(privateKey, publicKey.export({ type: "spki", format: "der" }), uri);
}

const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });

test("a request of ours is what the library of X.509 reads, and is taken", () => {
  const pem = requestOf(p256, id);
  const read = parseRequest(Buffer.from(pem).toString("base64"));
  assert.ok(typeof read !== "string", String(read));
  assert.deepEqual([read.uris, read.commonName, read.dnsNames], [[id], "", []]);
  assert.equal(judged(pem), "taken");
  assert.equal(judged(requestOf(p256)), "taken");
});

const keys: readonly (readonly [string, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }, RegExp])[] =
  [
    ["P-384", generateKeyPairSync("ec", { namedCurve: "P-384" }), /^taken$/],
    ["P-521", generateKeyPairSync("ec", { namedCurve: "P-521" }), /^taken$/],
    ["Ed25519", generateKeyPairSync("ed25519"), /^taken$/],
    ["RSA of 2048 bits", generateKeyPairSync("rsa", { modulusLength: 2048 }), /^taken$/],
    ["RSA of 1024 bits", generateKeyPairSync("rsa", { modulusLength: 1024 }), /1024 bits: 2048 is the least/],
  ];

for (const [name, pair, expected] of keys)
  test(`a request of a key of ${name}`, () => assert.match(judged(requestOf(pair)), expected));

test("another's ID is refused", () => {
  assert.match(
    judged(requestOf(p256, "spiffe://cluster.local/ns/admin/sa/root")),
    /is not the requester's, which is spiffe:/,
  );
});

test("a request with any bit turned, or cut, is refused", () => {
  const pem = requestOf(p256, id);
  const der = Buffer.from(pem.replaceAll(/-----[^-]*-----|\s/g, ""), "base64");
  const wrapped = (bytes: Buffer) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
  for (let bit = 0; bit < der.length * 8; bit += 3) {
    const forged = Buffer.from(der);
    forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.notEqual(judged(wrapped(forged)), "taken", `bit ${bit}`);
  }
  for (let length = 0; length < der.length; length += 5)
    assert.match(judged(wrapped(der.subarray(0, length))), /^DerError/);
  assert.match(judged(pem + pem), /expected one CERTIFICATE REQUEST/);
  assert.match(judged("x".repeat(64 * 1024 + 1)), /more than 65536 bytes/);
});

/** Lines of the section of extensions that openssl writes into a request, and its subject. */
const asked: readonly (readonly [string, string, string, RegExp])[] = [
  ["as agents of Istio ask", "/O=", `subjectAltName=critical,URI:${id}`, /^taken$/],
  [
    "what a leaf gets anyway",
    "/",
    "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth,clientAuth",
    /^taken$/,
  ],
  ["a common name", "/CN=cart", `subjectAltName=URI:${id}`, /a common name is not given/],
  ["a country", "/C=DE", `subjectAltName=URI:${id}`, /a subject with 2\.5\.4\.6/],
  ["a DNS name", "/", `subjectAltName=URI:${id},DNS:kubernetes.default.svc`, /DNS name "kubernetes.default.svc"/],
  ["an address", "/", "subjectAltName=IP:10.0.0.1", /names other than URIs/],
  ["a mail address", "/", "subjectAltName=email:a@b.c", /names other than URIs/],
  ["two IDs", "/", `subjectAltName=URI:${id},URI:spiffe://cluster.local/ns/a/sa/b`, /2 URI names/],
  ["an authority", "/", "basicConstraints=critical,CA:TRUE", /an authority's certificate/],
  ["the use of an authority's key", "/", "keyUsage=digitalSignature,keyCertSign", /key usage keyCertSign/],
  ["the use of signing for others", "/", "keyUsage=nonRepudiation", /key usage of bit 1/],
  [
    "the use of signing code",
    "/",
    "extendedKeyUsage=serverAuth,codeSigning",
    /extended key usage 1\.3\.6\.1\.5\.5\.7\.3\.3/,
  ],
  ["another extension", "/", "1.2.3.4=DER:0500", /the extension 1\.2\.3\.4/],
];

for (const [name, subject, extensions, expected] of asked)
  test(`openssl's request for ${name}`, { skip: !hasOpenssl && "no openssl" }, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-request-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const [config, key] = [join(folder, "config"), join(folder, "key.pem")];
    writeFileSync(config, `[req]\ndistinguished_name=d\nreq_extensions=e\n[d]\n[e]\n${extensions}\n`);
    writeFileSync(key, p256.privateKey.export({ type: "pkcs8", format: "pem" }));
    const made = spawnSync("openssl", ["req", "-new", "-key", key, "-subj", subject, "-config", config], {
      encoding: "utf8",
    });
    assert.equal(made.status, 0, made.stderr);
    assert.match(judged(made.stdout), expected);
  });
