import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bundles, validatePeer } from "./validate-peer.ts";
import { basicConstraints } from "./x509/certificate-writer.ts";
import { type Made, madeAuthority, madeLeaf, noon } from "./x509/certificates.fixture.ts";

const second = 1000;
const day = 24 * 3600 * second;
const root = madeAuthority("root");
const other = madeAuthority("other");
const bundles: Bundles = new Map([
  ["cluster.local", [root.pem]],
  ["other.example", [other.pem]],
]);

function outcome(chain: readonly Made[], now = noon, trusted = bundles): string {
  const told = validatePeer(
    chain.map(({ der }) => der),
    trusted,
    now,
  );
  return told.kind === "valid" ? told.id : `${told.rule}: ${told.message}`;
}

const cart = "spiffe://cluster.local/ns/shop/sa/cart";

test("a leaf of the trust domain's root is who it says, the first time and again", () => {
  const leaf = madeLeaf(root);
  assert.equal(outcome([leaf]), cart);
  assert.equal(outcome([leaf]), cart);
  assert.equal(outcome([leaf, root]), cart);
});

test("authorities between are taken from the chain, in any order, with others among them", () => {
  const one = madeAuthority("one", { signer: root });
  const two = madeAuthority("two", { signer: one });
  assert.equal(outcome([madeLeaf(two), two, one]), cart);
  assert.equal(outcome([madeLeaf(two), one, other, two, root]), cart);
});

test("one of two authorities of the same name is found", () => {
  const [older, newer] = [madeAuthority("root"), madeAuthority("root")];
  const both: Bundles = new Map([["cluster.local", [older.pem + newer.pem]]]);
  assert.equal(outcome([madeLeaf(older)], noon, both), cart);
  assert.equal(outcome([madeLeaf(newer, { keyId: null })], noon, both), cart);
});

test("a root of another trust domain, trusted for its own, proves nothing here", () => {
  assert.match(outcome([madeLeaf(other)]), /^chain: was signed by nobody/);
  assert.equal(outcome([madeLeaf(other, { id: "spiffe://other.example/a" })]), "spiffe://other.example/a");
  assert.match(
    outcome([madeLeaf(root, { id: "spiffe://else/a" })]),
    /^trust-domain: .* else, .*trusted: cluster.local, other.example/,
  );
});

test("a forged signer's name gets nobody in", () => {
  const forged = madeAuthority("root");
  assert.match(outcome([madeLeaf(forged), forged]), /^chain: was signed by nobody/);
  assert.match(outcome([madeLeaf(forged, { keyId: null }), forged]), /^signature: is not signed by/);
});

test("a workload signs nobody", () => {
  const leaf = madeLeaf(root, { subject: madeAuthority("x").subject });
  const below = madeLeaf(leaf, { id: "spiffe://cluster.local/ns/admin/sa/root" });
  assert.match(outcome([below, leaf]), /^basic-constraints: has a signer that is no authority's/);
});

test("a path length holds for the chain that is shown", () => {
  const one = madeAuthority("one", { signer: root, basic: basicConstraints(true, 0) });
  const two = madeAuthority("two", { signer: one });
  assert.equal(outcome([madeLeaf(one), one]), cart);
  assert.match(outcome([madeLeaf(two), two, one]), /allows 0 authorities below it, and has 1/);
});

test("times hold for the leaf and for each signer, to the second", () => {
  const leaf = madeLeaf(root);
  assert.match(outcome([leaf], noon - day - 1), /^not-before: is not valid before 2026-06-14T12:00:00Z/);
  assert.equal(outcome([leaf], noon - day), cart);
  assert.equal(outcome([leaf], noon + day + 999), cart);
  assert.match(outcome([leaf], noon + day + second), /^not-after: ended at 2026-06-16T12:00:00Z/);
  const long = madeLeaf(root, { notAfter: noon + 9 * day });
  assert.equal(outcome([long]), cart);
  assert.match(outcome([long], noon + 2 * day), /^not-after: has a signer that ended at/);
});

test("what is no certificate is a fault, not an error", () => {
  const { der } = madeLeaf(root);
  assert.match(outcome([]), /^form: shows no certificate/);
  for (let length = 0; length < der.length; length += 7)
    assert.equal(validatePeer([der.subarray(0, length)], bundles, noon).kind, "fault");
  assert.equal(validatePeer([Buffer.concat([der, Buffer.of(0)])], bundles, noon).kind, "fault");
  assert.match(outcome([madeLeaf(other), ...Array.from({ length: 10 }, () => root)]), /^chain: shows more than 10/);
});

test("a leaf with any bit turned proves nothing", () => {
  const { der } = madeLeaf(root);
  for (let bit = 0; bit < der.length * 8; bit += 3) {
    const forged = Buffer.from(der);
    forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.equal(validatePeer([forged], bundles, noon).kind, "fault", `bit ${bit}`);
  }
});

test("the identity ends with the first of what it rests on", () => {
  const one = madeAuthority("one", { signer: root, notAfter: noon + 1000 });
  const told = validatePeer([madeLeaf(one).der, one.der], bundles, noon);
  assert.deepEqual(told.kind === "valid" && [told.trustDomain, told.notAfter], ["cluster.local", noon + 1000]);
});

test("a bundle of something else is its reader's fault, not the peer's", () => {
  const broken = new Map([["cluster.local", ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]]]);
  assert.throws(
    () => outcome([madeLeaf(root)], noon, broken),
    /^Error: the bundle of cluster.local has what is no certificate/,
  );
});
