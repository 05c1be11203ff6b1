import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { createCa, createLeaf } from "@sallyport/pki";
import {
  alternativeNamesOf,
  authorityKeyIdentifierOf,
  basicConstraintsOf,
  extendedKeyUsageOf,
  keyUsageOf,
  parseCertificate,
  subjectKeyIdentifierOf,
} from "./certificate.ts";
import { emptyName, nameOf } from "./certificate-writer.ts";
import { madeAuthority, madeLeaf, noon } from "./certificates.fixture.ts";
import { DerError, DerReader, oidOf, tags, timeOf } from "./der-reader.ts";
import { element, integer, namedBits, oid, sequence, time } from "./der-writer.ts";
import { keyUsageBits, oids } from "./oids.ts";
import { pemBlocks } from "./pem.ts";

for (const curve of ["P-256", "P-384", "P-521"])
  test(`what is written by a key of ${curve} is what OpenSSL reads`, () => {
    const root = madeAuthority("root", { curve });
    const leaf = madeLeaf(root, { dns: ["cart.shop.svc"] });
    const [ca, read] = [new X509Certificate(root.der), new X509Certificate(leaf.der)];
    assert.ok(ca.verify(ca.publicKey) && read.verify(ca.publicKey));
    assert.ok(ca.ca && !read.ca && read.checkIssued(ca));
    assert.equal(ca.subject, "O=cluster.local\nCN=root");
    assert.equal(read.issuer, ca.subject);
    assert.equal(read.subjectAltName, "URI:spiffe://cluster.local/ns/shop/sa/cart, DNS:cart.shop.svc");
    assert.deepEqual(read.keyUsage, [oids.serverAuth, oids.clientAuth]);
    assert.equal(read.validFromDate.getTime(), noon - 24 * 3600 * 1000);
    assert.equal(read.toString(), leaf.pem);
  });

test("what the library of X.509 wrote is read", async () => {
  const life = { now: noon, days: 1 };
  const ca = await createCa("CN=ca", life);
  const leaf = await createLeaf(ca, "CN=x", life, { names: ["a.svc", "b.svc"], addresses: ["10.0.0.1"] });
  const [root, read] = [ca, leaf].map(({ certificate }) =>
    parseCertificate(pemBlocks(certificate, "CERTIFICATE")[0] as Buffer),
  );
  assert.ok(root !== undefined && read !== undefined);
  assert.deepEqual(alternativeNamesOf(read.extensions), { uris: [], dns: ["a.svc", "b.svc"], others: 1 });
  assert.deepEqual(basicConstraintsOf(root.extensions), { cA: true });
  assert.deepEqual(basicConstraintsOf(read.extensions), { cA: false });
  assert.equal(keyUsageOf(root.extensions)?.(keyUsageBits.keyCertSign), true);
  assert.equal(keyUsageOf(read.extensions)?.(keyUsageBits.keyCertSign), false);
  assert.deepEqual(extendedKeyUsageOf(read.extensions), [oids.serverAuth]);
  assert.deepEqual(authorityKeyIdentifierOf(read.extensions), subjectKeyIdentifierOf(root.extensions));
  assert.equal(read.notAfter, noon + 24 * 3600 * 1000);
  assert.deepEqual(read.issuer, root.subject);
});

const refused: readonly (readonly [string, (der: Buffer) => Buffer, RegExp])[] = [
  ["nothing", () => Buffer.alloc(0), /expected tag 0x30, found the end/],
  ["bytes behind it", (der) => Buffer.concat([der, Buffer.of(0)]), /behind the end/],
  [
    "a length that is longer than need be",
    (der) => Buffer.concat([Buffer.of(0x30, 0x83, 0), der.subarray(2)]),
    /longer than need be/,
  ],
  [
    "a length of indefinite form",
    (der) => Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(4), Buffer.of(0, 0)]),
    /a form that DER does not have/,
  ],
  ["64 KiB", () => Buffer.alloc(64 * 1024 + 1), /more than 65536 bytes/],
];

for (const [name, change, message] of refused)
  test(`${name}: no certificate`, () => {
    assert.throws(() => parseCertificate(change(madeAuthority("x").der)), { name: "DerError", message });
  });

test("an extension that is there twice lets a certificate be none", () => {
  const twice = sequence(oid("1.2.3"), element(tags.octetString, Buffer.of(5, 0)));
  assert.throws(() => parseCertificate(madeAuthority("x", { more: [twice, twice] }).der), /1\.2\.3 is there twice/);
});

test("times are told as RFC 5280 has them", () => {
  for (const text of ["1950-01-01T00:00:00Z", "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "2028-02-29T12:00:00Z"])
    assert.equal(timeOf(new DerReader(time(Date.parse(text))).any()), Date.parse(text));
  assert.equal(time(Date.parse("2049-12-31T23:59:59Z")).subarray(2).toString(), "491231235959Z");
  assert.equal(time(Date.parse("2050-01-01T00:00:00Z")).subarray(2).toString(), "20500101000000Z");
  for (const text of ["260631000000Z", "261301000000Z", "2606150000Z", "260615000000+0100", "260615240000Z"])
    assert.throws(() => timeOf({ tag: tags.utcTime, content: Buffer.from(text), raw: Buffer.alloc(0) }), DerError);
});

test("numbers, bits and names are as short as DER has them", () => {
  assert.equal(integer(Buffer.of(0, 0, 0x80)).toString("hex"), "02020080");
  assert.equal(integer(Buffer.of(0)).toString("hex"), "020100");
  assert.equal(namedBits([0, 2]).toString("hex"), "030205a0");
  assert.equal(namedBits([5, 6]).toString("hex"), "03020106");
  assert.equal(oid("1.2.840.10045.4.3.2").toString("hex"), "06082a8648ce3d040302");
  assert.equal(oidOf(oid("2.5.29.17").subarray(2)), "2.5.29.17");
  assert.equal(emptyName.toString("hex"), "3000");
  assert.equal(nameOf("o").toString("hex"), "300c310a300806035504" + "0a0c016f");
});
