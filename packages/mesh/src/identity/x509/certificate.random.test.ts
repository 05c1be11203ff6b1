import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { CertificateTextError, describeCertificates } from "../describe-certificate.ts";
import { authorityFaults, leafFaults } from "../svid.ts";
import { validatePeer } from "../validate-peer.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { parseCertificateRequest, writeCertificateRequest } from "./certificate-request.ts";
import { madeAuthority, madeLeaf, noon } from "./certificates.fixture.ts";
import { DerError } from "./der-reader.ts";
import { pemBlocks, pemOf } from "./pem.ts";

const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 100) * 10;
const root = madeAuthority("root");
const leaf = madeLeaf(root, { dns: ["cart.shop.svc"] });
const bundles = new Map([["cluster.local", [root.pem]]]);

/** Bytes put in, taken out or changed, as often as not where the structure is. */
const edits = fc.array(fc.record({ at: fc.nat(1200), remove: fc.nat(4), insert: fc.uint8Array({ maxLength: 4 }) }), {
  minLength: 1,
  maxLength: 4,
});

function edited(der: Buffer, changes: readonly { at: number; remove: number; insert: Uint8Array }[]): Buffer {
  return changes.reduce((bytes, { at, remove, insert }) => {
    const place = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)]);
  }, der);
}

/** Undefined for what is no certificate; every other error than the reader's own is a fault of ours. */
function read(der: Buffer): Certificate | undefined {
  try {
    const certificate = parseCertificate(der);
    leafFaults(certificate);
    authorityFaults(certificate);
    return certificate;
  } catch (error) {
    assert.ok(error instanceof DerError, String(error));
    return undefined;
  }
}

/** As `mesh certificate` does. */
function described(der: Buffer): void {
  try {
    describeCertificates(pemOf(der, "CERTIFICATE"), noon, root.pem);
  } catch (error) {
    assert.ok(error instanceof CertificateTextError, String(error));
  }
}

/** OpenSSL reads all at once; parts that nobody asks for are left unread here. */
function opened(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

test("a certificate that was edited is none, or read as OpenSSL reads it, and proves nobody", () => {
  let readable = 0;
  fc.assert(
    fc.property(edits, (changes) => {
      const der = edited(leaf.der, changes);
      if (der.equals(leaf.der)) return;
      assert.equal(validatePeer([der], bundles, noon).kind, "fault");
      const certificate = read(der);
      described(der);
      if (certificate === undefined) return;
      const theirs = opened(der);
      if (theirs === undefined) return;
      readable++;
      assert.equal(
        theirs.serialNumber,
        certificate.serialNumber
          .toString("hex")
          .toUpperCase()
          .replace(/^(00)+(?=.)/, ""),
      );
      assert.equal(theirs.validToDate.getTime(), certificate.notAfter);
    }),
    { numRuns },
  );
  assert.ok(readable > 0);
});

test("random bytes are no certificate, and no error but the reader's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(read(Buffer.from(bytes)), undefined);
    }),
    { numRuns },
  );
});

test("a request that was edited is none, or not signed", () => {
  const csr = writeCertificateRequest(leaf.key, leaf.publicKey, "spiffe://cluster.local/ns/shop/sa/cart");
  const [whole] = pemBlocks(csr, "CERTIFICATE REQUEST") as [Buffer];
  fc.assert(
    fc.property(edits, (changes) => {
      const der = edited(whole, changes);
      if (der.equals(whole)) return;
      try {
        assert.equal(parseCertificateRequest(pemOf(der, "CERTIFICATE REQUEST")).isSigned, false);
      } catch (error) {
        assert.ok(error instanceof DerError, String(error));
      }
    }),
    { numRuns },
  );
});
