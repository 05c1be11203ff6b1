import assert from "node:assert/strict";
import { test } from "node:test";
import { CertificateTextError, describeCertificates } from "./describe-certificate.ts";
import { madeAuthority, madeLeaf, noon } from "./x509/certificates.fixture.ts";

const root = madeAuthority("root", { uris: ["spiffe://cluster.local"] });
const leaf = madeLeaf(root, { dns: ["cart.shop.svc"] });

test("a leaf and its signer are described, each by the rules of its kind", () => {
  const { certificates, chain } = describeCertificates(leaf.pem + root.pem, noon, root.pem);
  assert.deepEqual(
    certificates.map(({ kind, uris, dns, subject, issuer, key, faults }) => ({
      kind,
      uris,
      dns,
      subject,
      issuer,
      key,
      faults,
    })),
    [
      {
        kind: "leaf",
        uris: ["spiffe://cluster.local/ns/shop/sa/cart"],
        dns: ["cart.shop.svc"],
        subject: "",
        issuer: "O=cluster.local, CN=root",
        key: "P-256",
        faults: [],
      },
      {
        kind: "authority",
        uris: ["spiffe://cluster.local"],
        dns: [],
        subject: "O=cluster.local, CN=root",
        issuer: "O=cluster.local, CN=root",
        key: "P-256",
        faults: [],
      },
    ],
  );
  assert.deepEqual(chain, { id: "spiffe://cluster.local/ns/shop/sa/cart" });
});

test("every rule that is broken is told", () => {
  const odd = madeLeaf(root, { uris: [], dns: ["a"], usage: null });
  const [described] = describeCertificates(odd.pem, noon + 7 * 24 * 3600_000).certificates;
  assert.deepEqual(
    described?.faults.map(({ rule }) => rule),
    ["uri-names", "key-usage", "not-after"],
  );
  const { chain } = describeCertificates(odd.pem, noon, root.pem);
  assert.deepEqual(chain, { fault: { rule: "uri-names", message: "has no URI name: exactly one is allowed" } });
});

test("another's root is none of it", () => {
  const { chain } = describeCertificates(leaf.pem, noon, madeAuthority("other").pem);
  assert.deepEqual(chain, { fault: { rule: "chain", message: "was signed by nobody whom its trust domain trusts" } });
});

for (const [text, message] of [
  ["", /^no certificate; expected -----BEGIN/],
  ["-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", /^certificate 1 cannot be read: expected tag/],
] as const)
  test(`${JSON.stringify(text.slice(0, 30))}: no certificate`, () =>
    assert.throws(
      () => describeCertificates(text, noon),
      (error: Error) => {
        assert.ok(error instanceof CertificateTextError);
        assert.match(error.message, message);
        return true;
      },
    ));
