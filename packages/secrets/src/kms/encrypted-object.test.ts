import assert from "node:assert/strict";
import { test } from "node:test";
import { extendedNonceGcm } from "../encryption/extended-nonce.ts";
import { TransformError } from "../encryption/transformer.ts";
import { decodeObject, encodeObject, keySource } from "./encrypted-object.ts";

const hex = (text: string) => Buffer.from(text, "hex");

const object = {
  encryptedData: Uint8Array.of(1, 2, 3),
  keyId: "k",
  encryptedDekSource: Uint8Array.of(4),
  annotations: new Map([
    ["b.c", Uint8Array.of(6)],
    ["a.b", Uint8Array.of(5)],
  ]),
  sourceType: keySource.hkdfSeed as number,
};

test("an EncryptedObject has Go's bytes, its annotations in order", () => {
  const bytes = encodeObject(object);
  assert.equal(
    Buffer.from(bytes).toString("hex"),
    "0a03010203" + "12016b" + "1a0104" + "22080a03612e62120105" + "22080a03622e63120106" + "2801",
  );
  assert.deepEqual(decodeObject(bytes), object);
});

test("fields of a later version are passed over", () => {
  const bytes = Uint8Array.from([...encodeObject(object), ...hex("3a03616263")]);
  assert.deepEqual(decodeObject(bytes), object);
});

for (const [name, bytes, words] of [
  ["nothing", "", "encrypted data is empty"],
  ["no key", "0a0101", "failed to validate encrypted DEK source: encrypted DEK source is empty"],
  ["no name of a key", "0a01011a0101", "failed to validate key id: keyID is empty"],
  ["another kind of key", "0a0101" + "12016b" + "1a0104" + "2802", "unknown encryptedDEKSourceType: 2"],
  ["no protobuf", "ff", "proto: cannot parse invalid wire-format data"],
  ["a length beyond the end", "0a7f01", "proto: cannot parse invalid wire-format data"],
] as const)
  test(`an EncryptedObject of ${name} is refused`, () => {
    assert.throws(() => decodeObject(hex(bytes)), new TransformError(words));
  });

// TestExtendedNonceGCMLegacyDataCompatibility of kube-apiserver.
test("a seed opens what kube-apiserver wrote with it", () => {
  const seed = hex("5d40323a820ff95561675e3b95e81867c5fdd561d35a88a2d08b08aa9d4fcf5c");
  const stored = hex(
    "2442759e33945fbad709db577a0f037fd8a709fc76979b8942209debcecb9d57efe3d6ff6a1ef6ee9a5003b9833b3043cec1e47b35175b151107a8d2416b0e296bbf66b5d102fcefdf9a78f293d271",
  );
  assert.equal(Buffer.from(extendedNonceGcm(seed).open(stored, "bamboo").value).toString(), "pandas are the best");
  assert.throws(() => extendedNonceGcm(seed).open(stored, "panda"), TransformError);
  assert.throws(
    () => extendedNonceGcm(seed.subarray(1)),
    new TransformError("invalid seed length 31 used for key generation"),
  );
});
