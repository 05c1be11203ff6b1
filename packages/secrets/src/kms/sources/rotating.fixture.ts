import assert from "node:assert/strict";
import { type KeySource, kmsServiceOf } from "../key-source.ts";
import { KmsError } from "../service.ts";

/** What every source of keys must do, whose key is another one after `rotate`. Answers both ids. */
export async function checkRotation(source: KeySource, rotate: () => unknown): Promise<readonly [string, string]> {
  const service = kmsServiceOf(source);
  const first = await service.status();
  assert.equal(first.healthz, "ok");
  const sealed = await service.encrypt("u", Buffer.from("seed of an API server, 32 bytes."));
  assert.equal(sealed.keyId, first.keyId);
  assert.ok(sealed.ciphertext.length > 0 && sealed.ciphertext.length < 1024 && sealed.keyId.length < 1024);
  await rotate();
  const second = await service.status();
  assert.equal(second.healthz, "ok");
  assert.notEqual(second.keyId, first.keyId);
  assert.equal((await service.encrypt("u", Buffer.from("x"))).keyId, second.keyId);
  assert.equal(Buffer.from(await service.decrypt("u", sealed)).toString(), "seed of an API server, 32 bytes.");
  const flipped = Uint8Array.from(sealed.ciphertext);
  flipped[flipped.length - 20] = (flipped[flipped.length - 20] as number) ^ 2;
  await assert.rejects(service.decrypt("u", { ...sealed, ciphertext: flipped }), KmsError);
  await assert.rejects(service.decrypt("u", { ...sealed, keyId: second.keyId }), KmsError);
  await assert.rejects(service.decrypt("u", { ...sealed, keyId: "no such key" }), KmsError);
  return [first.keyId, second.keyId];
}
