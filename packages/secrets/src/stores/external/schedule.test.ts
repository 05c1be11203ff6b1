import assert from "node:assert/strict";
import { test } from "node:test";
import { type ExternalSecret, ExternalSecretError } from "./external-secret.ts";
import { dueInMs, intervalMsOf, retryInMs, versionOf } from "./schedule.ts";

const now = Date.parse("2026-11-27T12:00:00Z");
const hour = 3_600_000;

function externalOf(spec: ExternalSecret["spec"], more: object = {}): ExternalSecret {
  return { metadata: { name: "es", namespace: "default", generation: 3, ...more }, spec };
}

/** When it is due, with half of the jitter, having been synchronized as it is now so long ago. */
function due(spec: ExternalSecret["spec"], agoMs: number, change: object = {}): number | undefined {
  const refreshTime = new Date(now - agoMs).toISOString();
  const status = { refreshTime, syncedResourceVersion: versionOf(externalOf(spec)) };
  return dueInMs(externalOf(spec, change), status, now, 0.5);
}

test("what was never synchronized is due, whatever its policy", () => {
  for (const refreshPolicy of ["Periodic", "OnChange", "CreatedOnce"] as const)
    assert.equal(dueInMs(externalOf({ refreshPolicy }), {}, now, 0), 0);
});

test("Periodic is due within its interval and never behind it, and at once when it changes", () => {
  assert.equal(due({}, 0), 0.95 * hour);
  assert.equal(due({ refreshInterval: "10m" }, 5 * 60_000), 4.5 * 60_000);
  assert.equal(due({ refreshInterval: "10m" }, hour), 0);
  assert.equal(due({}, -hour), 0);
  assert.equal(due({}, 1, { generation: 4 }), 0);
  assert.equal(due({}, 1, { labels: { a: "b" } }), 0);
  assert.equal(due({ refreshInterval: "0s" }, hour), undefined);
  assert.equal(due({ refreshInterval: "0s" }, hour, { generation: 4 }), 0);
});

test("OnChange and CreatedOnce are not due by time", () => {
  assert.equal(due({ refreshPolicy: "OnChange" }, 9 * hour), undefined);
  assert.equal(due({ refreshPolicy: "OnChange" }, 9 * hour, { annotations: { a: "b" } }), 0);
  assert.equal(due({ refreshPolicy: "CreatedOnce" }, 9 * hour, { generation: 4 }), undefined);
});

test("faults have times of their own, which grow and end", () => {
  assert.deepEqual(
    [1, 2, 3, 7, 8, 100].map((faults) => retryInMs(faults, 0) / 1000),
    [10, 20, 40, 640, 900, 900],
  );
  assert.equal(retryInMs(1, 1), 9_000);
});

test("an interval that is none is refused", () => {
  assert.throws(() => intervalMsOf(externalOf({ refreshInterval: "soon" })), ExternalSecretError);
  assert.throws(
    () => intervalMsOf(externalOf({ refreshInterval: "soon" })),
    /^ExternalSecretError: spec.refreshInterval: /,
  );
});
