import assert from "node:assert/strict";
import { test } from "node:test";
import { addressNumber, addressRange, addressText } from "./service-ranges.ts";

/** `FIRST-LAST`. */
function text(cidr: string): string | undefined {
  const range = addressRange(cidr);
  return range && `${addressText(range.first)}-${addressText(range.last)}`;
}

for (const [cidr, wanted] of Object.entries({
  "10.0.0.0/24": "10.0.0.1-10.0.0.254",
  "10.96.0.0/12": "10.96.0.1-10.111.255.254",
  "192.168.4.4/30": "192.168.4.5-192.168.4.6",
  "10.0.0.1/24": undefined,
  "10.0.0.0/31": undefined,
  "10.0.0/24": undefined,
  "fd00::/64": undefined,
}))
  test(`range ${cidr}`, () => assert.equal(text(cidr), wanted));

test("addresses are numbers", () => {
  assert.equal(addressNumber("255.255.255.255"), 2 ** 32 - 1);
  assert.equal(addressNumber("1.2.3"), undefined);
  assert.equal(addressNumber("1.2.3.256"), undefined);
});
