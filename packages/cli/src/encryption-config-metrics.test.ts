import assert from "node:assert/strict";
import { test } from "node:test";
import { EncryptionConfigMetrics } from "./encryption-config-metrics.ts";

const seriesOf = (metrics: EncryptionConfigMetrics) =>
  metrics
    .render()
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace("apiserver_encryption_config_controller_", ""));

test("the hash of the file in force, and what became of those after it", () => {
  let now = 5_000;
  const metrics = new EncryptionConfigMetrics(() => now);
  metrics.applied("one");
  // printf one | sha256sum
  const one = "sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
  assert.deepEqual(seriesOf(metrics), [`last_config_info{apiserver_id_hash="",hash="${one}"} 1`]);
  metrics.reloaded("failure");
  now = 7_500;
  metrics.applied("two");
  metrics.reloaded("success");
  const two = "sha256:3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";
  assert.deepEqual(seriesOf(metrics).sort(), [
    'automatic_reload_last_timestamp_seconds{apiserver_id_hash="",status="failure"} 5',
    'automatic_reload_last_timestamp_seconds{apiserver_id_hash="",status="success"} 7.5',
    'automatic_reloads_total{apiserver_id_hash="",status="failure"} 1',
    'automatic_reloads_total{apiserver_id_hash="",status="success"} 1',
    `last_config_info{apiserver_id_hash="",hash="${two}"} 1`,
  ]);
});
