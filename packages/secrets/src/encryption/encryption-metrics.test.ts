import assert from "node:assert/strict";
import { test } from "node:test";
import { TestKeys } from "../kms/key-source.fixture.ts";
import { kmsServiceOf } from "../kms/key-source.ts";
import { kmsV1Transformer } from "../kms/kms-v1.ts";
import { KmsV2Provider } from "../kms/kms-v2.ts";
import { KmsError } from "../kms/service.ts";
import { createEncryption } from "./encryption.ts";
import { EncryptionMetrics } from "./encryption-metrics.ts";
import { prefixed } from "./prefixed.ts";
import { TransformError } from "./transformer.ts";

const here = "/registry/secrets/a/b";
const value = Buffer.from("pandas");
const keys = ["one", "two"].map((name, i) => ({ name, secret: Buffer.alloc(32, i + 1).toString("base64") }));

/** Counters and gauges, and of histograms how often: series that begin with `prefix`, without it. */
const seriesOf = (metrics: EncryptionMetrics, prefix: string): readonly string[] =>
  metrics
    .render()
    .split("\n")
    .filter((line) => line.startsWith(prefix) && !/_(bucket|sum)\b/.test(line))
    .map((line) => line.slice(prefix.length));

async function rulesWith(providers: readonly object[]) {
  const document = {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers }],
  };
  const options = { now: Date.now, reload: false, allowsKmsV1: false, onFault: () => {}, onRotate: () => {} };
  return (await createEncryption(document, options)).rules.transformerFor("", "secrets");
}

test("values are counted by provider, by key, and by what became of them", async () => {
  const metrics = new EncryptionMetrics();
  const observe = metrics.observerOf("secrets");
  const writer = await rulesWith([{ aesgcm: { keys: keys.slice(1) } }]);
  const reader = await rulesWith([{ aesgcm: { keys } }, { identity: {} }]);
  const stored = await writer.seal(value, here, observe);
  assert.deepEqual(Buffer.from((await reader.open(stored, here, observe)).value).toString(), "pandas");
  await reader.open(value, here, observe);
  // Two of another name, of which each knows nothing of the other's.
  await assert.rejects(async () => writer.open(Buffer.from("k8s:enc:aescbc:v1:x"), here, observe), TransformError);
  await assert.rejects(async () => reader.open(stored, "/registry/secrets/a/c", observe), TransformError);
  const told = (status: string, type: string, prefix: string) =>
    `{resource="secrets",status="${status}",transformation_type="${type}_storage",transformer_prefix="${prefix}"} 1`;
  assert.deepEqual(
    [...seriesOf(metrics, "apiserver_storage_transformation_operations_total")].sort(),
    [
      told("OK", "to", "two:"),
      told("OK", "to", "k8s:enc:aesgcm:v1:"),
      told("OK", "from", "two:"),
      told("OK", "from", "k8s:enc:aesgcm:v1:"),
      told("OK", "from", "identity"),
      told("unknown-non-grpc", "from", "unknown"),
      told("unknown-non-grpc", "from", "two:"),
      told("unknown-non-grpc", "from", "k8s:enc:aesgcm:v1:"),
    ].sort(),
  );
});

test("a plugin's codes are told, however deep they lie", async () => {
  const metrics = new EncryptionMetrics();
  const cause = new KmsError("rpc error: code = Unavailable desc = gone", { code: "Unavailable" });
  const fails = () => Promise.reject(new TransformError("failed to decrypt DEK", { cause }));
  const transformer = prefixed([{ prefix: "k8s:enc:kms:v2:k:", transformer: { seal: fails, open: fails } }], "none");
  await assert.rejects(async () => transformer.seal(value, here, metrics.observerOf("secrets")), TransformError);
  assert.deepEqual(seriesOf(metrics, "apiserver_storage_transformation_operations_total"), [
    '{resource="secrets",status="Unavailable",transformation_type="to_storage",transformer_prefix="k8s:enc:kms:v2:k:"} 1',
  ]);
  assert.deepEqual(seriesOf(metrics, "apiserver_storage_transformation_duration_seconds"), []);
});

test("keys of a KMS are told by their hashes, and what its plugin had to open", async () => {
  const metrics = new EncryptionMetrics("sha256:me", () => 7_500);
  const source = new TestKeys();
  const [kms, other] = [1, 2].map(
    () => new KmsV2Provider({ name: "k", service: kmsServiceOf(source), now: () => 0, metrics }),
  ) as [KmsV2Provider, KmsV2Provider];
  await kms.check();
  await other.check();
  await other.transformer.open(await kms.transformer.seal(value, here), here);
  // printf one | sha256sum
  const one = "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
  const used = (type: string, rest: string) =>
    `{apiserver_id_hash="sha256:me",key_id_hash="${one}",provider_name="k"${type === "" ? "" : `,transformation_type="${type}_storage"`}} ${rest}`;
  assert.deepEqual(seriesOf(metrics, "apiserver_envelope_encryption_key_id_hash"), [
    `_last_timestamp_seconds${used("to", "7.5")}`,
    `_last_timestamp_seconds${used("from", "7.5")}`,
    `_status_last_timestamp_seconds${used("", "7.5")}`,
    `_total${used("to", "1")}`,
    `_total${used("from", "1")}`,
  ]);
  assert.deepEqual(seriesOf(metrics, "apiserver_storage_envelope_transformation_cache_misses_total"), [" 1"]);
  assert.deepEqual(seriesOf(metrics, "apiserver_storage_data_key_generation_duration_seconds"), ["_count 2"]);
  assert.deepEqual(seriesOf(metrics, "apiserver_envelope_encryption_dek_source_cache_size"), ['{provider_name="k"} 1']);
});

for (const [keyId, error] of [
  ["", "empty"],
  ["k".repeat(1025), "too_long"],
] as const)
  test(`a key whose name is ${error} is no key`, async () => {
    const metrics = new EncryptionMetrics();
    const status = async () => ({ version: "v2", healthz: "ok", keyId });
    const service = { ...kmsServiceOf(new TestKeys()), status };
    await assert.rejects(new KmsV2Provider({ name: "k", service, now: () => 0, metrics }).check(), KmsError);
    assert.deepEqual(seriesOf(metrics, "apiserver_envelope_encryption_invalid_key_id_from_status_total"), [
      `{error="${error}",provider_name="k"} 1`,
    ]);
  });

test("series of keys that were used longest ago are gone", () => {
  const metrics = new EncryptionMetrics();
  for (let i = 0; i < 150; i++) metrics.keyUsed("from_storage", "k", `key ${i}`);
  assert.equal(seriesOf(metrics, "apiserver_envelope_encryption_key_id_hash_total").length, 100);
});

test("KMS v1: how full its cache is, and what was not in it", async () => {
  const metrics = new EncryptionMetrics();
  const service = {
    encrypt: async (bytes: Uint8Array) => bytes,
    decrypt: async (bytes: Uint8Array) => bytes,
    close() {},
  };
  const [writer, reader] = [1, 2].map(() => kmsV1Transformer(service, 10, metrics)) as [
    ReturnType<typeof kmsV1Transformer>,
    ReturnType<typeof kmsV1Transformer>,
  ];
  const stored = await writer.seal(value, here);
  await writer.open(stored, here);
  await reader.open(stored, here);
  assert.deepEqual(seriesOf(metrics, "apiserver_storage_envelope_transformation_cache_misses_total"), [" 1"]);
  assert.deepEqual(seriesOf(metrics, "apiserver_envelope_encryption_dek_cache_fill_percent"), [" 0.1"]);
  assert.deepEqual(seriesOf(metrics, "apiserver_envelope_encryption_dek_cache_inter_arrival_time_seconds"), [
    '_count{transformation_type="to_storage"} 1',
    '_count{transformation_type="from_storage"} 2',
  ]);
});
