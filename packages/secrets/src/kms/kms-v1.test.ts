import assert from "node:assert/strict";
import { test } from "node:test";
import { aescbc } from "../encryption/aescbc.ts";
import { TransformError } from "../encryption/transformer.ts";
import { TestKeys } from "./key-source.fixture.ts";
import { kmsV1Transformer } from "./kms-v1.ts";

const here = "/registry/secrets/a/b";

function serviceOf(keys: TestKeys) {
  return {
    encrypt: async (plaintext: Uint8Array) => (await keys.seal(plaintext)).ciphertext,
    decrypt: async (ciphertext: Uint8Array) => keys.open({ ciphertext, keyId: "one", annotations: new Map() }),
    close: () => {},
  };
}

for (const [cacheSize, calls] of [
  [10, ["seal", "seal"]],
  [-1, ["seal", "seal", "open", "open"]],
  [1, ["seal", "seal", "open", "open"]],
] as const)
  test(`KMS v1: each value has a key of its own; of ${cacheSize} kept ones`, async () => {
    const keys = new TestKeys();
    const transformer = kmsV1Transformer(serviceOf(keys), cacheSize);
    const sealed = [await transformer.seal(Buffer.from("a"), here), await transformer.seal(Buffer.from("b"), here)];
    const texts = [];
    for (const each of sealed) texts.push(Buffer.from((await transformer.open(each, here)).value).toString());
    assert.deepEqual(texts, ["a", "b"]);
    assert.deepEqual(keys.calls, calls);
  });

test("KMS v1: what was written with AES-CBC is read, and stale", async () => {
  const keys = new TestKeys();
  const service = serviceOf(keys);
  const secret = new Uint8Array(32).fill(3);
  const sealed = await service.encrypt(secret);
  const old = Buffer.concat([Uint8Array.of(0, sealed.length), sealed, aescbc(secret).seal(Buffer.from("a"), here)]);
  const { value, isStale } = await kmsV1Transformer(service, 10).open(old, here);
  assert.deepEqual([Buffer.from(value).toString(), isStale], ["a", true]);
});

test("KMS v1: cut, changed and foreign values are refused, and a plugin's faults told", async () => {
  const keys = new TestKeys();
  const transformer = kmsV1Transformer(serviceOf(keys), 10);
  const stored = await transformer.seal(Buffer.from("a"), here);
  const opened = async (bytes: Uint8Array) => transformer.open(bytes, here);
  for (const length of [0, 1, 2, 40])
    await assert.rejects(
      opened(stored.subarray(0, length)),
      /^TransformError: invalid data encountered by envelope transformer/,
    );
  const changed = Uint8Array.from(stored);
  changed[stored.length - 1] = (changed[stored.length - 1] as number) ^ 1;
  await assert.rejects(opened(changed), /^TransformError: \[cipher: message authentication failed, /);
  keys.fault = "gone";
  await assert.rejects(async () => transformer.seal(Buffer.from("a"), here), new TransformError("gone"));
});
