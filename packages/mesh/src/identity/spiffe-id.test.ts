import assert from "node:assert/strict";
import { test } from "node:test";
import { formatSpiffeId, parseSpiffeId, SpiffeIdError, serviceAccountId } from "./spiffe-id.ts";

const good: readonly (readonly [string, string, string])[] = [
  ["spiffe://td", "td", ""],
  ["spiffe://cluster.local/ns/shop/sa/cart", "cluster.local", "/ns/shop/sa/cart"],
  ["spiffe://a_b-c.9/A.z_-0", "a_b-c.9", "/A.z_-0"],
  ["spiffe://td/...", "td", "/..."],
  [`spiffe://${"a".repeat(255)}/x`, "a".repeat(255), "/x"],
  [`spiffe://td/${"p".repeat(2048 - 12)}`, "td", `/${"p".repeat(2048 - 12)}`],
];

for (const [text, trustDomain, path] of good)
  test(`${text.slice(0, 50)} is a SPIFFE ID, written the same again`, () => {
    assert.deepEqual(parseSpiffeId(text), { trustDomain, path });
    assert.equal(formatSpiffeId({ trustDomain, path }), text);
  });

const bad: readonly (readonly [string, RegExp])[] = [
  ["", /expected spiffe:/],
  ["https://td/a", /expected spiffe:/],
  ["SPIFFE://td/a", /expected spiffe:/],
  ["spiffe:/td/a", /expected spiffe:/],
  ["spiffe://", /trust domain is empty/],
  ["spiffe:///a", /trust domain is empty/],
  ["spiffe://Td/a", /trust domain has "T"/],
  ["spiffe://t%64/a", /trust domain has "%"/],
  ["spiffe://tд/a", /trust domain has "д"/],
  ["spiffe://td:80/a", /a port/],
  ["spiffe://td:/a", /a port/],
  ["spiffe://me@td/a", /a user/],
  ["spiffe://td?q", /query or fragment/],
  ["spiffe://td/a?q", /query or fragment/],
  ["spiffe://td/a#f", /query or fragment/],
  ["spiffe://td/", /ends with a slash/],
  ["spiffe://td/a/", /ends with a slash/],
  ["spiffe://td//a", /empty segment/],
  ["spiffe://td/a//b", /empty segment/],
  ["spiffe://td/./a", /segment \./],
  ["spiffe://td/a/..", /segment \.\./],
  ["spiffe://td/a%41", /path has "%"/],
  ["spiffe://td/a b", /path has " "/],
  ["spiffe://td/ä", /path has "ä"/],
  ["spiffe://td/a\u0000", /path has/],
  [`spiffe://${"a".repeat(256)}/x`, /longer than 255/],
  [`spiffe://td/${"p".repeat(2048 - 11)}`, /longer than 2048/],
];

for (const [text, expected] of bad)
  test(`${JSON.stringify(text.slice(0, 50))} is no SPIFFE ID`, () => {
    assert.throws(() => parseSpiffeId(text), { name: "SpiffeIdError", message: expected });
  });

test("the ID of a service account is Istio's", () =>
  assert.equal(serviceAccountId("cluster.local", "shop", "cart"), "spiffe://cluster.local/ns/shop/sa/cart"));

test("a name with a slash makes no other ID", () => {
  assert.throws(() => serviceAccountId("td", "a/sa/b", "c"), SpiffeIdError);
  assert.throws(() => formatSpiffeId({ trustDomain: "td/ns", path: "/a" }), SpiffeIdError);
});
