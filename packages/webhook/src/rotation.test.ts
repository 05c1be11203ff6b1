import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { type Authority, bundleOf, rotated } from "./rotation.ts";

const dayMs = 24 * 60 * 60 * 1000;
const start = Date.UTC(2026, 0, 1);
const overlapMs = 10 * 60 * 1000;
const options = { names: ["hook.ns.svc"], caDays: 30, leafDays: 9 };

/** Whether callers who trust the bundle accept the leaf. */
function isTrusted(leaf: string, bundle: string): boolean {
  const certificate = new X509Certificate(leaf);
  const authorities = bundle.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return authorities.some((each) => certificate.verify(new X509Certificate(each).publicKey));
}

test("a new authority signs for the names", async () => {
  const authority = await rotated(undefined, { ...options, now: start });
  const leaf = new X509Certificate(authority.leaf.certificate);
  assert.match(leaf.subjectAltName ?? "", /DNS:hook\.ns\.svc/);
  assert.ok(leaf.checkIssued(new X509Certificate(authority.ca.certificate)));
  assert.equal(bundleOf(authority), `${authority.ca.certificate.trim()}\n`);
});

test("nothing changes while nothing is due", async () => {
  const authority = await rotated(undefined, { ...options, now: start });
  assert.equal(await rotated(authority, { ...options, now: start + dayMs }), authority);
});

test("a leaf is renewed by the same authority in time", async () => {
  const authority = await rotated(undefined, { ...options, now: start });
  const later = await rotated(authority, { ...options, now: start + 7 * dayMs });
  assert.notEqual(later.leaf.certificate, authority.leaf.certificate);
  assert.equal(later.ca, authority.ca);
});

test("a leaf is trusted by who has read the bundle before it, at every step of a year", async () => {
  let authority: Authority = await rotated(undefined, { ...options, now: start });
  const signers = new Set<string>();
  let known = bundleOf(authority);
  for (let now = start; now < start + 365 * dayMs; now += overlapMs * 20) {
    const next = await rotated(authority, { ...options, now });
    if (next === authority) continue;
    assert.ok(isTrusted(next.leaf.certificate, known), "a caller with the last bundle refuses the new leaf");
    assert.ok(
      isTrusted(authority.leaf.certificate, bundleOf(next)),
      "the new bundle refuses the leaf that is still served",
    );
    authority = next;
    known = bundleOf(authority);
    signers.add(authority.ca.certificate);
    assert.ok(new X509Certificate(authority.leaf.certificate).validToDate.getTime() > now);
  }
  assert.ok(signers.size > 10, `${signers.size} authorities in a year of thirty-day ones`);
});

test("a new authority is told for a while before it signs, an old one trusted for a while after", async () => {
  const authority = await rotated(undefined, { ...options, now: start });
  const due = start + 21 * dayMs;
  const fresh = await rotated(authority, { ...options, now: start + 20 * dayMs - dayMs });
  const told = await rotated(fresh, { ...options, now: due });
  assert.ok(told.next !== undefined && told.ca === authority.ca);
  const early = await rotated(told, { ...options, now: due + overlapMs - 1 });
  assert.equal(early.ca, authority.ca);
  const signs = await rotated(early, { ...options, now: due + overlapMs });
  assert.equal(signs.ca.certificate, told.next?.certificate);
  assert.match(bundleOf(signs), new RegExp(authority.ca.certificate.trim().split("\n")[3] ?? "none"));
  const over = await rotated(signs, { ...options, now: due + 2 * overlapMs });
  assert.equal(over.previous, undefined);
});
