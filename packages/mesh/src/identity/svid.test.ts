import assert from "node:assert/strict";
import { test } from "node:test";
import { authorityFaults, leafFaults, type SvidRule } from "./svid.ts";
import { parseCertificate } from "./x509/certificate.ts";
import { basicConstraints, extension, keyUsage, nameOf } from "./x509/certificate-writer.ts";
import { madeAuthority, madeLeaf, type Odd } from "./x509/certificates.fixture.ts";
import { keyUsageBits, oids } from "./x509/oids.ts";

const root = madeAuthority("root");
const { digitalSignature, keyEncipherment, keyAgreement, keyCertSign, cRLSign } = keyUsageBits;

function broken(faults: readonly { readonly rule: string; readonly message: string }[]): string {
  return faults.map(({ rule, message }) => `${rule}: ${message}`).join("; ");
}

/** What is otherwise, the rule it breaks, and words of the fault. None: it may be so. */
type Case = readonly [string, Odd, (readonly [SvidRule, RegExp])?];

const a = "spiffe://cluster.local/ns/shop/sa/cart";

const leaves: readonly Case[] = [
  ["as it should be", {}],
  ["2: no URI name", { uris: [], subject: nameOf("x") }, ["uri-names", /no URI name/]],
  ["2: DNS names alone", { uris: [], dns: ["cart.shop"] }, ["uri-names", /no URI name/]],
  ["2: two URI names", { uris: [a, `${a}2`] }, ["uri-names", /2 URI names/]],
  ["2: the same URI name twice", { uris: [a, a] }, ["uri-names", /2 URI names/]],
  ["2: a second URI name of another scheme", { uris: [a, "https://x/"] }, ["uri-names", /2 URI names/]],
  ["2: DNS names beside the ID", { dns: ["cart.shop", "cart"] }],
  ["5.2: another scheme", { uris: ["https://cluster.local/a"] }, ["spiffe-id", /expected spiffe:/]],
  [
    "5.2: an ID with a comma, as printed names have between them",
    { uris: [`${a}, URI:spiffe://td/b`] },
    ["spiffe-id", /path has ","/],
  ],
  ["5.2: an ID with a NUL", { uris: [`${a}\u0000.evil`] }, ["spiffe-id", /path has/]],
  ["3.1: a trust domain's ID", { uris: ["spiffe://cluster.local"] }, ["path", /without a path/]],
  ["3.1: a root path", { uris: ["spiffe://cluster.local/"] }, ["spiffe-id", /ends with a slash/]],
  ["3.1: names that are not critical, without a subject", { sanCritical: false }, ["subject", /not critical/]],
  ["3.1: names that are not critical, with a subject", { sanCritical: false, subject: nameOf("x") }],
  ["4.1: cA is true", { basic: basicConstraints(true) }, ["basic-constraints", /authority/]],
  ["4.1: no basic constraints", { basic: null }],
  ["4.3: no key usage", { usage: null }, ["key-usage", /does not say/]],
  [
    "4.3: a key usage that is not critical",
    { usage: keyUsage([digitalSignature], false) },
    ["key-usage", /not critical/],
  ],
  ["4.3: no digitalSignature", { usage: keyUsage([keyEncipherment]) }, ["key-usage", /without digitalSignature/]],
  ["4.3: keyCertSign", { usage: keyUsage([digitalSignature, keyCertSign]) }, ["key-usage", /with keyCertSign/]],
  ["4.3: cRLSign", { usage: keyUsage([digitalSignature, cRLSign]) }, ["key-usage", /with cRLSign/]],
  ["4.3: keyEncipherment and keyAgreement", { usage: keyUsage([digitalSignature, keyEncipherment, keyAgreement]) }],
  ["4.4: no extended key usage", { uses: null }],
  ["4.4: no clientAuth", { uses: [oids.serverAuth] }, ["extended-key-usage", /without clientAuth/]],
  ["4.4: no serverAuth", { uses: [oids.clientAuth] }, ["extended-key-usage", /without serverAuth/]],
  ["4.4: another use too", { uses: [oids.serverAuth, oids.clientAuth, "1.3.6.1.5.5.7.3.8"] }],
  [
    "RFC 5280, 4.2: an extension that is critical and not known",
    { more: [extension("1.2.3.4", true, Buffer.of(5, 0))] },
    ["critical-extension", /1\.2\.3\.4/],
  ],
  ["RFC 5280, 4.2: an extension that is not known", { more: [extension("1.2.3.4", false, Buffer.of(5, 0))] }],
];

for (const [name, odd, expected] of leaves)
  test(`a leaf, ${name}`, () => {
    const faults = leafFaults(parseCertificate(madeLeaf(root, odd).der));
    if (expected === undefined) assert.equal(broken(faults), "");
    else {
      assert.equal(faults.length, 1, broken(faults));
      assert.equal(faults[0]?.rule, expected[0]);
      assert.match(faults[0]?.message ?? "", expected[1]);
    }
  });

const authorities: readonly Case[] = [
  ["as Istio's, without an ID", {}],
  ["3.2: with its trust domain's ID", { uris: ["spiffe://cluster.local"] }],
  ["3.2: an ID with a path", { uris: ["spiffe://cluster.local/ca"] }, ["path", /no path/]],
  ["2: two URI names", { uris: ["spiffe://cluster.local", "spiffe://b"] }, ["uri-names", /2 URI names/]],
  ["2: no SPIFFE ID", { uris: ["urn:ca"] }, ["spiffe-id", /expected/]],
  ["3.2: cA is false", { basic: basicConstraints(false) }, ["basic-constraints", /cA is not true/]],
  ["3.2: no basic constraints", { basic: null }, ["basic-constraints", /cA is not true/]],
  ["4.1: a path length", { basic: basicConstraints(true, 0) }],
  ["4.3: no key usage", { usage: null }, ["key-usage", /does not say/]],
  ["4.3: no keyCertSign", { usage: keyUsage([cRLSign]) }, ["key-usage", /without keyCertSign/]],
  ["4.3: keyCertSign alone", { usage: keyUsage([keyCertSign]) }],
  ["4.3: a key usage that is not critical", { usage: keyUsage([keyCertSign], false) }, ["key-usage", /not critical/]],
  ["4.4: a use that allows no workload", { uses: ["1.3.6.1.5.5.7.3.3"] }, ["extended-key-usage", /no workloads/]],
  ["4.4: any use", { uses: [oids.anyExtendedKeyUsage] }],
  [
    "4.2: name constraints",
    { more: [extension(oids.nameConstraints, true, Buffer.of(0x30, 0))] },
    ["critical-extension", /2\.5\.29\.30/],
  ],
  [
    "4.2: name constraints that are not critical",
    { more: [extension(oids.nameConstraints, false, Buffer.of(0x30, 0))] },
    ["critical-extension", /name constraints/],
  ],
];

for (const [name, odd, expected] of authorities)
  test(`an authority, ${name}`, () => {
    const faults = authorityFaults(parseCertificate(madeAuthority("ca", odd).der));
    if (expected === undefined) assert.equal(broken(faults), "");
    else {
      assert.equal(faults.length, 1, broken(faults));
      assert.equal(faults[0]?.rule, expected[0]);
      assert.match(faults[0]?.message ?? "", expected[1]);
    }
  });

test("an authority has no more authorities below it than it says", () => {
  const certificate = parseCertificate(madeAuthority("ca", { basic: basicConstraints(true, 1) }).der);
  assert.deepEqual(authorityFaults(certificate, 1), []);
  assert.match(broken(authorityFaults(certificate, 2)), /allows 1 authorities below it, and has 2/);
});
