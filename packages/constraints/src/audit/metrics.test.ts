import assert from "node:assert/strict";
import { test } from "node:test";
import { AuditMetrics } from "./metrics.ts";

/** Lines of some metrics. */
const shown = (metrics: AuditMetrics, pattern: RegExp) =>
  metrics
    .render()
    .split("\n")
    .filter((line) => pattern.test(line));

test("before the first audit nothing was found, and there is no time of it", () => {
  const metrics = new AuditMetrics();
  assert.deepEqual(shown(metrics, /^gatekeeper_violations/), [
    'gatekeeper_violations{enforcement_action="deny"} 0',
    'gatekeeper_violations{enforcement_action="dryrun"} 0',
    'gatekeeper_violations{enforcement_action="scoped"} 0',
    'gatekeeper_violations{enforcement_action="warn"} 0',
    'gatekeeper_violations{enforcement_action="unrecognized"} 0',
  ]);
  assert.deepEqual(shown(metrics, /_time /), []);
});

test("violations are those of the last audit, durations of all", () => {
  const metrics = new AuditMetrics();
  metrics.began(1000);
  metrics.ended(
    2000,
    new Map([
      ["deny", 7],
      ["warn", 1],
    ]),
  );
  metrics.began(100_000);
  metrics.ended(
    200_000,
    new Map([
      ["deny", 2],
      ["shout", 3],
      ["cry", 1],
    ]),
  );
  assert.deepEqual(shown(metrics, /action="(deny|warn|unrecognized)"/), [
    'gatekeeper_violations{enforcement_action="deny"} 2',
    'gatekeeper_violations{enforcement_action="warn"} 0',
    'gatekeeper_violations{enforcement_action="unrecognized"} 4',
  ]);
  assert.deepEqual(shown(metrics, /le="(60|180|\+Inf)"|_sum|_count/), [
    'gatekeeper_audit_duration_seconds_bucket{le="60"} 1',
    'gatekeeper_audit_duration_seconds_bucket{le="180"} 2',
    'gatekeeper_audit_duration_seconds_bucket{le="+Inf"} 2',
    "gatekeeper_audit_duration_seconds_sum 101",
    "gatekeeper_audit_duration_seconds_count 2",
  ]);
  assert.deepEqual(shown(metrics, /^gatekeeper.*_time /), [
    "gatekeeper_audit_last_run_time 100",
    "gatekeeper_audit_last_run_end_time 200",
  ]);
});
