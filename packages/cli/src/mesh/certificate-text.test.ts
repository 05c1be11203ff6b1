import assert from "node:assert/strict";
import { test } from "node:test";
import type { CertificateDescription } from "@sallyport/mesh/identity";
import { certificateText, hasFault } from "./certificate-text.ts";

const leaf: CertificateDescription = {
  kind: "leaf",
  uris: ["spiffe://cluster.local/ns/shop/sa/cart"],
  dns: [],
  subject: "",
  issuer: "O=cluster.local",
  serialNumber: "4f",
  key: "P-256",
  notBefore: Date.parse("2026-06-15T11:58:00Z"),
  notAfter: Date.parse("2026-06-16T12:00:00Z"),
  faults: [],
};

test("a certificate in a few lines, and whom its chain proves", () => {
  const described = { certificates: [leaf], chain: { id: "spiffe://cluster.local/ns/shop/sa/cart" } };
  assert.equal(
    certificateText(described),
    `leaf       spiffe://cluster.local/ns/shop/sa/cart
signed by  O=cluster.local
serial     4f
key        P-256
in force   2026-06-15T11:58:00Z to 2026-06-16T12:00:00Z
rules      none is broken

trusted as spiffe://cluster.local/ns/shop/sa/cart
`,
  );
  assert.equal(hasFault(described), false);
});

test("what is broken is told, and nothing that a certificate says reaches a terminal as more than text", () => {
  const faults = [{ rule: "uri-names", message: "has no URI name: exactly one is allowed" }] as const;
  const described = {
    certificates: [{ ...leaf, uris: [], subject: "CN=\u001b[2J", faults }],
    chain: { fault: { rule: "chain", message: "was signed by nobody" } },
  } as const;
  const text = certificateText(described);
  assert.match(text, /^leaf {7}no ID$/m);
  assert.match(text, /^subject {4}"CN=\\u001b\[2J"$/m);
  assert.match(text, /^broken {5}uri-names: has no URI name: exactly one is allowed$/m);
  assert.match(text, /^not trusted: it was signed by nobody$/m);
  assert.equal(hasFault(described), true);
  assert.equal(hasFault({ certificates: [leaf], chain: described.chain }), true);
});
