import assert from "node:assert/strict";
import { test } from "node:test";
import { TransformError } from "../encryption/transformer.ts";
import { TestKeys } from "./key-source.fixture.ts";
import { kmsServiceOf } from "./key-source.ts";
import { KmsV2Provider } from "./kms-v2.ts";
import { KmsError, type KmsService, type KmsStatus } from "./service.ts";

const here = "/registry/secrets/a/b";
const value = Buffer.from("pandas");

/** A provider over keys in memory, and a clock that is set by hand. */
function bed(answers: Partial<KmsService> = {}) {
  const keys = new TestKeys();
  const clock = { ms: 0 };
  const service = { ...kmsServiceOf(keys), ...answers };
  const kms = new KmsV2Provider({ name: "k", service, now: () => clock.ms });
  const opened = async (stored: Uint8Array, key = here) => {
    const { value: bytes, isStale } = await kms.transformer.open(stored, key);
    return [Buffer.from(bytes).toString(), isStale];
  };
  /** Time enough for the plugin to be asked again. */
  const probe = (ms = 60_000) => {
    clock.ms += ms;
    return kms.check();
  };
  return { keys, clock, service, kms, opened, probe };
}

test("KMS v2: the plugin is asked once for many values, and not at all for what its own seed sealed", async () => {
  const { keys, kms, opened } = bed();
  await kms.check();
  const before = keys.calls.length;
  for (let i = 0; i < 100; i++)
    assert.deepEqual(await opened(await kms.transformer.seal(value, here)), ["pandas", false]);
  assert.equal(keys.calls.length, before);
});

test("KMS v2: another server opens it by asking the plugin once", async () => {
  const [first, second] = [bed(), bed()];
  await first.kms.check();
  const other = new KmsV2Provider({ name: "k", service: kmsServiceOf(first.keys), now: () => 0 });
  await other.check();
  const stored = await first.kms.transformer.seal(value, here);
  first.keys.calls = [];
  const all = await Promise.all(Array.from({ length: 10 }, () => other.transformer.open(stored, here)));
  assert.deepEqual(first.keys.calls, ["open"]);
  for (const each of all) assert.deepEqual([Buffer.from(each.value).toString(), each.isStale], ["pandas", false]);
  await second.kms.check();
  await assert.rejects(
    second.opened(stored),
    new TransformError("failed to decrypt DEK, error: cipher: message authentication failed"),
  );
});

test("KMS v2: a value that was moved or changed is refused", async () => {
  const { kms, opened } = bed();
  await kms.check();
  const stored = await kms.transformer.seal(value, here);
  await assert.rejects(
    opened(stored, "/registry/secrets/a/c"),
    new TransformError("cipher: message authentication failed"),
  );
  for (let at = 0; at < stored.length; at++) {
    const changed = Uint8Array.from(stored);
    changed[at] = (changed[at] as number) ^ 1;
    const found = await opened(changed).catch((error: unknown) => {
      assert.ok(error instanceof TransformError, String(error));
      return [];
    });
    // A bit of an annotation or of the key's name may only make it stale, or ask for a key that is not there.
    assert.ok(found[0] === undefined || found[0] === "pandas");
  }
});

test("KMS v2: a new key takes over, and what lay before is stale but read", async () => {
  const { keys, kms, opened, probe } = bed();
  await kms.check();
  const old = await kms.transformer.seal(value, here);
  keys.rotate("two");
  await probe();
  assert.deepEqual(await opened(old), ["pandas", true]);
  assert.deepEqual(await opened(await kms.transformer.seal(value, here)), ["pandas", false]);
});

test("KMS v2: while the plugin is away, it writes for three minutes and reads on", async () => {
  const { keys, clock, kms, opened, probe } = bed();
  await kms.check();
  const stored = await kms.transformer.seal(value, here);
  keys.fault = "gone";
  await assert.rejects(
    probe(),
    /failed to perform status section of the healthz check for KMS Provider k, error: gone/,
  );
  clock.ms = 180_000;
  assert.deepEqual(await opened(await kms.transformer.seal(value, here)), ["pandas", false]);
  clock.ms = 180_001;
  assert.throws(
    () => kms.transformer.seal(value, here),
    /^TransformError: encryptedDEKSource with keyID hash "sha256:[0-9a-f]{64}" expired at 1970-01-01T00:03:00Z \(current time is 1970-01-01T00:03:00Z\)$/,
  );
  assert.deepEqual(await opened(stored), ["pandas", false]);
  keys.fault = undefined;
  await probe();
  assert.deepEqual(await opened(await kms.transformer.seal(value, here)), ["pandas", false]);
});

test("KMS v2: without any status, nothing is written in plaintext and nothing is read", async () => {
  const { keys, kms, opened, probe } = bed();
  keys.fault = "starting";
  await assert.rejects(kms.check(), /starting/);
  assert.throws(() => kms.transformer.seal(value, here), new TransformError("got unexpected nil transformer"));
  await assert.rejects(opened(Buffer.from("x")), TransformError);
  // What was found is told again for some seconds.
  keys.fault = undefined;
  await assert.rejects(kms.check(), /starting/);
  await probe(3_000);
  assert.deepEqual(await opened(await kms.transformer.seal(value, here)), ["pandas", false]);
});

test("KMS v2: a key that is forgotten opens nothing any more, and says so", async () => {
  const { keys, clock, kms, opened, probe } = bed();
  await kms.check();
  const old = await kms.transformer.seal(value, here);
  keys.rotate("two");
  keys.forget("one");
  await probe();
  assert.deepEqual(await opened(old), ["pandas", true]);
  clock.ms += 25 * 3_600_000;
  await assert.rejects(opened(old), new TransformError("failed to decrypt DEK, error: no key one"));
});

const status = (changes: Partial<KmsStatus>): Partial<KmsService> => ({
  status: async () => ({ version: "v2", healthz: "ok", keyId: "one", ...changes }),
});

for (const [name, answers, words] of [
  ["that is not well", status({ healthz: "tired" }), /not healthy, error: got unexpected healthz status: tired$/],
  ["of another version", status({ version: "v3" }), /error: expected KMSv2 API version v2, got v3$/],
  ["without a key", status({ keyId: "" }), /got invalid KMSv2 KeyID hash "": keyID is empty$/],
  [
    "with too long a key",
    status({ keyId: "x".repeat(1025) }),
    /keyID is 1025 bytes, which exceeds the max size of 1024$/,
  ],
  [
    "that seals with another key than it says",
    status({ keyId: "other" }),
    /failed to rotate DEK .*errGen=<nil>, statusKeyIDHash="sha256:/,
  ],
  [
    "whose sealed key is too long",
    { encrypt: async () => ({ ciphertext: new Uint8Array(1025), keyId: "one", annotations: new Map() }) },
    /encrypted DEK source is 1025 bytes, which exceeds the max size of 1024/,
  ],
  [
    "whose sealed key is empty",
    { encrypt: async () => ({ ciphertext: new Uint8Array(), keyId: "one", annotations: new Map() }) },
    /encrypted DEK source is empty/,
  ],
  [
    "whose annotations have short names",
    { encrypt: async () => ({ ciphertext: Uint8Array.of(1), keyId: "one", annotations: new Map([["a", value]]) }) },
    /failed to validate annotations: annotations: Invalid value: "a": should be a domain/,
  ],
  [
    "whose annotations are too large",
    {
      encrypt: async () => ({
        ciphertext: Uint8Array.of(1),
        keyId: "one",
        annotations: new Map([["a.b", new Uint8Array(33_000)]]),
      }),
    },
    /total size of annotations is 33003, which exceeds the max size of 32768/,
  ],
] as const)
  test(`KMS v2: a plugin ${name} is told of`, async () => {
    await assert.rejects(bed(answers as Partial<KmsService>).kms.check(), (error: Error) => {
      assert.ok(error instanceof KmsError);
      assert.match(error.message, words);
      return true;
    });
  });

test("KMS v2: the version may not change", async () => {
  const versions = ["v2", "v2beta1"];
  const keys = new TestKeys();
  const service = {
    ...kmsServiceOf(keys),
    status: async () => ({ version: versions.shift() ?? "", healthz: "ok", keyId: "one" }),
  };
  let now = 0;
  const kms = new KmsV2Provider({ name: "k", service, now: () => now });
  await kms.check();
  now = 60_000;
  await assert.rejects(kms.check(), /should not change after the initial status response version v2, got v2beta1/);
});
