import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import type { Value } from "../value/value.ts";
import { answerOf } from "./answer.ts";
import type { CryptoEffects, QueryState } from "./builtin.ts";
import { crypto } from "./crypto.ts";

const absent = (): never => assert.fail("not asked for");
const effects: CryptoEffects = {
  hash: (algorithm, data) => createHash(algorithm).update(data).digest(),
  hmac: (algorithm, key, data) => createHmac(algorithm, key).update(data).digest(),
  verify: absent,
  sign: absent,
  verifyCertificate: absent,
  publicKey: absent,
};
const state: QueryState = {
  effects: { nowNs: 0n, randomBytes: absent, env: {}, crypto: effects },
  cache: new Map(),
};

// Known answers of RFC 1321, RFC 3174, FIPS 180-2, RFC 2202 and RFC 4231.
const cases: readonly [name: string, args: readonly Value[], answer: string][] = [
  ["crypto.md5", ["abc"], '"900150983cd24fb0d6963f7d28e17f72"'],
  ["crypto.sha1", ["abc"], '"a9993e364706816aba3e25717850c26c9cd0d89d"'],
  ["crypto.sha256", ["abc"], '"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"'],
  ["crypto.sha256", ["é"], '"4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"'],
  ["crypto.hmac.md5", ["what do ya want for nothing?", "Jefe"], '"750c783e6ab0b503eaa86e310a5db738"'],
  ["crypto.hmac.sha1", ["what do ya want for nothing?", "Jefe"], '"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"'],
  [
    "crypto.hmac.sha256",
    ["what do ya want for nothing?", "Jefe"],
    '"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"',
  ],
  [
    "crypto.hmac.sha512",
    ["what do ya want for nothing?", "Jefe"],
    '"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"',
  ],
  ["crypto.hmac.equal", ["abc", "abc"], "true"],
  ["crypto.hmac.equal", ["abc", "abd"], "false"],
  ["crypto.hmac.equal", ["abc", "abcd"], "false"],
  ["crypto.md5", [1], "operand 1 must be string but got number"],
  ["crypto.hmac.md5", ["a", 1], "operand 2 must be string but got number"],
];

for (const [name, args, answer] of cases) {
  test(`${name}(${args.join()})`, () => assert.equal(answerOf(crypto, name, args, state), answer));
}

test("without cryptography the call fails with a message", () => {
  assert.equal(answerOf(crypto, "crypto.md5", ["abc"]), "cryptography is not available here");
});
