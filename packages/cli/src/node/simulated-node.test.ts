import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import { openGatehouse } from "../gatehouse.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of a server, whose fields the tests name
type Fields = { readonly [field: string]: any };

async function withSimulated(run: (client: Client) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-simulated-"));
  const faults: unknown[] = [];
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain: {},
    node: "simulated",
    isSimulated: true,
    access: { authorizationModes: ["Node", "RBAC"] },
    onFault: (error) => faults.push(error),
  });
  const client = new Client(kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now }));
  try {
    await gatehouse.node;
    await run(client);
  } finally {
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
  assert.deepEqual(faults, []);
}

const pods = "/api/v1/namespaces/default/pods";

/** Asks until it holds: what a node writes comes later. */
async function until(ask: () => Promise<Fields>, holds: (answer: Fields) => boolean): Promise<Fields> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (holds(answer)) return answer;
    assert.ok(tries < 600, JSON.stringify(answer));
    await delay(50);
  }
}

test("pods of a simulated node are told as running, and each place says that nothing runs", () =>
  withSimulated(async (client) => {
    const get = (path: string) => client.ask(path) as Promise<Fields>;
    const node = await get("/api/v1/nodes/simulated");
    assert.equal(node["metadata"].labels["sallyport.dev/simulated"], "true");
    assert.match(node["status"].nodeInfo.containerRuntimeVersion, /^simulated:/);
    assert.deepEqual(
      node["status"].conditions.filter(({ type }: Fields) => type === "Simulated").map(({ status }: Fields) => status),
      ["True"],
    );

    const probe = { httpGet: { port: 80 } };
    const spec = {
      initContainers: [{ name: "first", image: "x" }],
      containers: [{ name: "web", image: "no.such.registry/web", readinessProbe: probe, livenessProbe: probe }],
    };
    const body = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec };
    await client.ask(pods, { method: "POST", body });
    const ready = ({ status }: Fields) =>
      status.conditions?.some(({ type, status: is }: Fields) => type === "Ready" && is === "True");
    const pod = await until(() => get(`${pods}/web`), ready);
    assert.deepEqual([pod["status"].phase, pod["status"].podIP], ["Running", undefined]);
    assert.equal(pod["status"].initContainerStatuses[0].state.terminated.exitCode, 0);
    assert.match(pod["status"].containerStatuses[0].containerID, /^sallyport:\/\/simulated-/);
    const events = await until(
      () => get("/api/v1/namespaces/default/events"),
      ({ items }) => items.some(({ reason }: Fields) => reason === "Simulated"),
    );
    assert.deepEqual(events["items"].map(({ reason }: Fields) => reason).sort(), ["Scheduled", "Simulated"]);
    await assert.rejects(client.ask(`${pods}/web/log`), /pod "web" is simulated by node simulated: nothing of it runs/);
    await client.ask(`${pods}/web`, { method: "DELETE" });
    await until(
      () => get(pods),
      ({ items }) => items.length === 0,
    );
  }));

test("what a Job waits for is done at once", () =>
  withSimulated(async (client) => {
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "x" }] } };
    const body = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j" }, spec: { template } };
    const jobs = "/apis/batch/v1/namespaces/default/jobs";
    await client.ask(jobs, { method: "POST", body });
    await until(
      () => client.ask(`${jobs}/j`) as Promise<Fields>,
      ({ status }) => status.succeeded === 1,
    );
  }));

test("another pod of the same name is told by its own worker, and the one that went by none", () =>
  withSimulated(async (client) => {
    const body = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "same" },
      spec: { containers: [{ name: "c", image: "x" }] },
    };
    const isReady = ({ status }: Fields) =>
      status.conditions?.some(({ type, status: is }: Fields) => type === "Ready" && is === "True");
    for (let i = 0; i < 5; i++) {
      await client.ask(pods, { method: "POST", body });
      await until(() => client.ask(`${pods}/same`) as Promise<Fields>, isReady);
      await client.ask(`${pods}/same?gracePeriodSeconds=0`, { method: "DELETE" });
    }
  }));
