import assert from "node:assert/strict";
import { test } from "node:test";
import { HealthMetrics } from "../metrics/health-metrics.ts";
import { findHealth } from "./health.ts";

const options = {
  metrics: { health: new HealthMetrics() },
  liveChecks: () => new Map([["ping", undefined]]),
  healthChecks: () =>
    new Map([
      ["ping", undefined],
      ["kms-providers", Promise.resolve("it is away")],
    ]),
  readyChecks: () =>
    new Map([
      ["ping", undefined],
      ["etcd", "no route to it"],
      ["poststarthook/rbac/bootstrap-roles", undefined],
    ]),
};

const cases: readonly (readonly [url: string, answer: string])[] = [
  ["/healthz", "500 [+]ping ok\n[-]kms-providers failed: reason withheld\nhealthz check failed\n"],
  ["/healthz/kms-providers", "500 internal server error: it is away\n"],
  ["/healthz?exclude=kms-providers", "200 ok"],
  ["/livez", "200 ok"],
  ["/livez?verbose", "200 [+]ping ok\nlivez check passed\n"],
  ["/livez/etcd", "none"],
  ["/livez/", "none"],
  ["/readyz/ping", "200 ok"],
  ["/readyz/poststarthook/rbac/bootstrap-roles", "200 ok"],
  ["/readyz/etcd", "500 internal server error: no route to it\n"],
  [
    "/readyz",
    "500 [+]ping ok\n[-]etcd failed: reason withheld\n[+]poststarthook/rbac/bootstrap-roles ok\nreadyz check failed\n",
  ],
  ["/readyz?exclude=etcd", "200 ok"],
  [
    "/readyz?verbose&exclude=etcd&exclude=b&exclude=a",
    '200 [+]ping ok\n[+]etcd excluded: ok\n[+]poststarthook/rbac/bootstrap-roles ok\nwarn: some health checks cannot be excluded: no matches for "a","b"\nreadyz check passed\n',
  ],
];

for (const [url, answer] of cases)
  test(`${url} answers ${answer.split("\n")[0]}`, async () => {
    const { pathname, searchParams } = new URL(url, "https://localhost");
    const found = await findHealth(pathname, searchParams, options);
    assert.equal(found === undefined ? "none" : `${found.code} ${found.body}`, answer);
  });

test("what came of all checks is counted, not of one that is asked by its name", async () => {
  const health = new HealthMetrics();
  const ask = (path: string) => findHealth(path, new URLSearchParams(), { ...options, metrics: { health } });
  for (const path of ["/readyz", "/readyz", "/readyz/ping", "/livez"]) await ask(path);
  assert.deepEqual(health.text(12.5).match(/^[^#].+$/gm), [
    'kubernetes_healthcheck{name="ping",type="readyz"} 1',
    'kubernetes_healthcheck{name="etcd",type="readyz"} 0',
    'kubernetes_healthcheck{name="poststarthook/rbac/bootstrap-roles",type="readyz"} 1',
    'kubernetes_healthcheck{name="ping",type="livez"} 1',
    'kubernetes_healthchecks_total{name="ping",status="success",type="readyz"} 2',
    'kubernetes_healthchecks_total{name="etcd",status="error",type="readyz"} 2',
    'kubernetes_healthchecks_total{name="poststarthook/rbac/bootstrap-roles",status="success",type="readyz"} 2',
    'kubernetes_healthchecks_total{name="ping",status="success",type="livez"} 1',
    "process_start_time_seconds 12.5",
  ]);
});
