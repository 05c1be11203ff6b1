import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort } from "../../../../../scripts/free-port.ts";
import { openSidecarDoors } from "./doors.ts";

test("a sidecar's health, its figures, and the probes that it asks in the kubelet's place", async () => {
  let why: string | undefined = "there is no certificate yet";
  const asked: object[] = [];
  const ports = { status: await freePort(), health: await freePort(), metrics: await freePort() };
  const doors = await openSidecarDoors({
    ports,
    notReady: () => why,
    metrics: () => "up 1\n",
    probers: {
      "/app-health/app/readyz": { httpGet: { port: 80 }, timeoutSeconds: 3 },
      "/app-health/app/livez": { tcpSocket: { port: 81 } },
    },
    ask: async (prober) => {
      asked.push(prober);
      return { isOk: prober.httpGet !== undefined, output: "nobody listens" };
    },
  });
  const get = async (port: keyof typeof ports, path: string) => {
    const response = await fetch(`http://127.0.0.1:${ports[port]}${path}`);
    return [response.status, await response.text()];
  };
  try {
    assert.deepEqual(await get("health", "/healthz/ready"), [503, "there is no certificate yet\n"]);
    why = undefined;
    assert.deepEqual(await get("health", "/healthz/ready?x"), [200, "ready\n"]);
    assert.deepEqual(await get("metrics", "/stats/prometheus"), [200, "up 1\n"]);
    assert.deepEqual(await get("status", "/stats/prometheus"), [200, "up 1\n"]);
    assert.deepEqual(await get("status", "/app-health/app/readyz"), [200, "ok\n"]);
    assert.deepEqual(await get("status", "/app-health/app/livez"), [500, "nobody listens\n"]);
    assert.deepEqual(asked, [{ httpGet: { port: 80 }, timeoutSeconds: 3 }, { tcpSocket: { port: 81 } }]);
    // Only what was injected is asked: nobody has the sidecar ask others.
    for (const path of ["/app-health/other/readyz", "/toString", "/__proto__"])
      assert.deepEqual(await get("status", path), [404, "nothing is here\n"]);
    assert.deepEqual(await get("health", "/app-health/app/readyz"), [404, "nothing is here\n"]);
  } finally {
    doors.close();
  }
});

test("a port that somebody has is told, and the others are given back", async () => {
  const [health, metrics] = [await freePort(), await freePort()];
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, done));
  const { port: status } = taken.address() as { readonly port: number };
  const options = { notReady: () => undefined, metrics: () => "", probers: {}, ask: async () => assert.fail() };
  try {
    await assert.rejects(openSidecarDoors({ ...options, ports: { status, health, metrics } }), { code: "EADDRINUSE" });
    const again = createServer();
    await new Promise<void>((done, failed) => again.once("error", failed).listen(health, done));
    again.close();
  } finally {
    taken.close();
  }
});
