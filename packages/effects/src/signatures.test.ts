import { equal } from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { sign, verify } from "./signatures.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");

const cases = [
  ["RS256", rsa],
  ["PS384", rsa],
  ["ES256", ec],
  ["EdDSA", ed],
] as const;

for (const [algorithm, { privateKey, publicKey }] of cases) {
  test(`${algorithm} signs and verifies, and refuses other data`, () => {
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const signature = sign(algorithm, { pem }, Buffer.from("a"));
    const key = { jwk: publicKey.export({ format: "jwk" }) as { [field: string]: unknown } };
    equal(verify(algorithm, key, Buffer.from("a"), signature), true);
    equal(verify(algorithm, key, Buffer.from("b"), signature), false);
  });
}

test("ES256 signatures have the fixed size of JWS, not DER", () => {
  const pem = ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  equal(sign("ES256", { pem }, Buffer.from("a")).length, 64);
});
