import assert from "node:assert/strict";
import { test } from "node:test";
import { aescbc } from "./aescbc.ts";
import { aesgcm } from "./aesgcm.ts";
import { identity } from "./identity.ts";
import { secretbox } from "./secretbox.ts";
import { TransformError, type Transformer } from "./transformer.ts";

const secretOf = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => i * 7);
const hex = (text: string) => Buffer.from(text, "hex");
const here = "/registry/secrets/a/b";

async function opened(transformer: Transformer, stored: Uint8Array, key = here): Promise<string> {
  const { value, isStale } = await transformer.open(stored, key);
  assert.equal(isStale, false);
  return Buffer.from(value).toString();
}

const ciphers: readonly (readonly [string, Transformer, number])[] = [
  ...[16, 24, 32].map((size) => [`aescbc with ${size} bytes`, aescbc(secretOf(size)), 16] as const),
  ...[16, 24, 32].map((size) => [`aesgcm with ${size} bytes`, aesgcm(secretOf(size)), 12] as const),
  ["secretbox", secretbox(secretOf(32)), 40],
];

for (const [name, cipher, least] of ciphers) {
  test(`${name}: opens what it has sealed, which is another text each time`, async () => {
    for (const value of ["", "a", "x".repeat(15), "x".repeat(16), "é".repeat(5000)]) {
      const sealed = [
        await cipher.seal(Buffer.from(value), here),
        await cipher.seal(Buffer.from(value), here),
      ] as const;
      assert.notDeepEqual(sealed[0], sealed[1]);
      for (const each of sealed) assert.equal(await opened(cipher, each), value);
    }
  });

  test(`${name}: what is cut off is refused, at any length`, async () => {
    const sealed = await cipher.seal(Buffer.from("pandas"), here);
    for (let length = 0; length < sealed.length; length++) {
      const message = length < least ? "the stored data was shorter than the required size" : undefined;
      await assert.rejects(opened(cipher, sealed.subarray(0, length)), (error: Error) => {
        assert.ok(error instanceof TransformError, String(error));
        assert.equal(error.message, message ?? error.message);
        return true;
      });
    }
  });
}

for (const [name, cipher, words] of [
  ["aesgcm", aesgcm(secretOf(32)), "cipher: message authentication failed"],
  ["secretbox", secretbox(secretOf(32)), "output array was not large enough for encryption"],
] as const)
  test(`${name}: another bit anywhere, or another secret, opens nothing`, async () => {
    const sealed = await cipher.seal(Buffer.from("pandas"), here);
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      await assert.rejects(opened(cipher, changed), new TransformError(words));
    }
    const other = name === "aesgcm" ? aesgcm(new Uint8Array(32)) : secretbox(new Uint8Array(32));
    await assert.rejects(opened(other, sealed), new TransformError(words));
  });

test("aesgcm: a value that was moved to another place is refused; secretbox and aescbc do not know places", async () => {
  const there = "/registry/secrets/a/c";
  const gcm = aesgcm(secretOf(32));
  const moved = await gcm.seal(Buffer.from("a"), here);
  await assert.rejects(opened(gcm, moved, there), new TransformError("cipher: message authentication failed"));
  for (const cipher of [secretbox(secretOf(32)), aescbc(secretOf(32))])
    assert.equal(await opened(cipher, await cipher.seal(Buffer.from("a"), here), there), "a");
});

test("aescbc: faults of what was decrypted have kube-apiserver's words", async () => {
  const cbc = aescbc(new Uint8Array(32));
  // An IV alone; a block that does not end in padding; and one whose padding is not all the same.
  for (const [stored, words] of [
    [new Uint8Array(16), "invalid PKCS7 data (empty or not padded)"],
    [new Uint8Array(17), "the stored data is not a multiple of the block size"],
  ] as const)
    await assert.rejects(opened(cbc, stored), new TransformError(words));
  const sealed = await cbc.seal(Buffer.from("x".repeat(12)), here);
  const flip = (at: number, bits: number) => sealed.map((byte, i) => (i === at ? byte ^ bits : byte));
  // What is changed of the IV is changed of the first block.
  await assert.rejects(opened(cbc, flip(15, 4)), new TransformError("invalid PKCS7 data (empty or not padded)"));
  await assert.rejects(opened(cbc, flip(13, 1)), new TransformError("invalid padding on input"));
});

// TestGCMLegacyDataCompatibility of kube-apiserver: bytes that a cluster once wrote.
test("aesgcm: opens what kube-apiserver wrote", async () => {
  const stored = hex("9f27c8fcea8a58c467d8e437dbf2d85955f9b4bd912f4ef967d788a0cb07797dac0a3f0a0845605ca85ac8562b4ae1");
  assert.equal(await opened(aesgcm(hex("736e6f726c61785f617765736f6d6573")), stored, "bamboo"), "pandas are the best");
});

// The vector of NaCl's own tests: https://nacl.cr.yp.to/valid.html
test("secretbox: opens what NaCl wrote", async () => {
  const secret = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
  const nonce = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
  const box = hex(
    `f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5`,
  );
  const { value } = await secretbox(secret).open(Buffer.concat([nonce, box]), here);
  assert.equal(
    Buffer.from(value).toString("hex"),
    "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705",
  );
});

test("identity: takes plaintext alone", async () => {
  for (const text of ["{}", "k8s\0abc", "k8s:en", ""]) assert.equal(await opened(identity, Buffer.from(text)), text);
  assert.throws(
    () => identity.open(Buffer.from("k8s:enc:aescbc:v1:a:b"), here),
    new TransformError("identity transformer tried to read encrypted data"),
  );
});
