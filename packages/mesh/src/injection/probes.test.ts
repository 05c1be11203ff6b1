import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Probe } from "./pod.ts";
import { restoreProbes, rewriteProbes } from "./probes.ts";

const withProbe = (readinessProbe: Probe): Container => ({
  name: "app",
  ports: [
    { name: "http", containerPort: 8080 },
    { name: "admin", containerPort: 9000 },
  ],
  readinessProbe,
});

test("each kind of probe, turned to the sidecar", () => {
  const path = "/app-health/app/readyz";
  const cases: readonly (readonly [note: string, probe: Probe, turned: Probe, asked: unknown])[] = [
    [
      "HTTP by number",
      { httpGet: { path: "/ready", port: 8080 }, timeoutSeconds: 4, periodSeconds: 7 },
      { httpGet: { path, port: 15_020 }, timeoutSeconds: 4, periodSeconds: 7 },
      { httpGet: { path: "/ready", port: 8080 }, timeoutSeconds: 4 },
    ],
    ["by name", { httpGet: { port: "admin" } }, { httpGet: { path, port: 15_020 } }, { httpGet: { port: 9000 } }],
    [
      "HTTPS, which the sidecar speaks",
      { httpGet: { port: 8443, scheme: "HTTPS", host: "x.test", httpHeaders: [{ name: "A", value: "b" }] } },
      { httpGet: { path, port: 15_020, scheme: "HTTP", httpHeaders: [{ name: "A", value: "b" }] } },
      { httpGet: { port: 8443, scheme: "HTTPS", host: "x.test", httpHeaders: [{ name: "A", value: "b" }] } },
    ],
    ["TCP", { tcpSocket: { port: "http" } }, { httpGet: { path, port: 15_020 } }, { tcpSocket: { port: 8080 } }],
    [
      "gRPC",
      { grpc: { port: 9000, service: "x" }, timeoutSeconds: 2 },
      { httpGet: { path, port: 15_020 }, timeoutSeconds: 2 },
      { grpc: { port: 9000, service: "x" }, timeoutSeconds: 2 },
    ],
  ];
  for (const [note, probe, turned, asked] of cases) {
    const { containers, probers } = rewriteProbes([withProbe(probe)], 15_020);
    assert.deepEqual(containers[0]?.readinessProbe, turned, note);
    assert.deepEqual(probers, { [path]: asked }, note);
  }
});

test("what stays as it is", () => {
  const cases: readonly Probe[] = [
    { exec: { command: ["true"] } },
    { httpGet: { port: "nobody" } },
    { httpGet: { port: 0 } },
    { httpGet: { path: "/x", port: 15_020 } },
  ];
  for (const probe of cases) {
    const given = [withProbe(probe)];
    assert.deepEqual(rewriteProbes(given, 15_020), { containers: given, probers: {} });
  }
});

test("all of a container's, and back", () => {
  const given: readonly Container[] = [
    {
      name: "app",
      readinessProbe: { httpGet: { path: "/r", port: 1 } },
      livenessProbe: { tcpSocket: { port: 2 }, timeoutSeconds: 3, failureThreshold: 5 },
      startupProbe: { grpc: { port: 3 } },
      lifecycle: { preStop: { httpGet: { path: "/bye", port: 4 } }, postStart: { exec: { command: ["true"] } } },
    },
    { name: "other", livenessProbe: { httpGet: { path: "/l", port: 5 } } },
    { name: "quiet" },
  ];
  const { containers, probers } = rewriteProbes(given, 15_020);
  assert.deepEqual(Object.keys(probers).toSorted(), [
    "/app-health/app/livez",
    "/app-health/app/readyz",
    "/app-health/app/startupz",
    "/app-health/other/livez",
    "/app-lifecycle/app/prestopz",
  ]);
  assert.deepEqual(restoreProbes(containers, probers), given);
  assert.deepEqual(rewriteProbes(containers, 15_020).probers, {});
});
