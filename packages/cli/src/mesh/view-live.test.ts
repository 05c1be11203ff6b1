import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import { explainPort, meshView, specShapes } from "@sallyport/mesh";
import { openGatehouse } from "../gatehouse.ts";
import { objectsOfCluster } from "./view-live.ts";

/** Of a kind of Istio's, by the shape that policies are held to; served by an older version alone. */
const definition = {
  metadata: { name: "peerauthentications.security.istio.io" },
  spec: {
    group: "security.istio.io",
    scope: "Namespaced",
    names: { kind: "PeerAuthentication", plural: "peerauthentications", singular: "peerauthentication" },
    versions: [
      {
        name: "v1beta1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", properties: { spec: specShapes["PeerAuthentication"] } } },
      },
    ],
  },
};

test("a cluster is looked at as files are; kinds that it has not are none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-mesh-view-"));
  const base = { folder, host: "127.0.0.1", port: 0, memory: true, chain: {} };
  const gatehouse = await openGatehouse({ ...base, onFault: assert.ifError });
  const client = new Client(kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now }));
  const post = (path: string, body: object) => client.ask(path, { method: "POST", body });
  try {
    await post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition);
    await post("/api/v1/namespaces", { metadata: { name: "shop", labels: { "istio-injection": "enabled" } } });
    const spec = { containers: [{ name: "c", image: "i", ports: [{ containerPort: 80 }] }] };
    await post("/api/v1/namespaces/shop/pods", { metadata: { name: "web", labels: { app: "web" } }, spec });
    const path = "/apis/security.istio.io/v1beta1/namespaces/shop/peerauthentications";
    const policy = {
      apiVersion: "security.istio.io/v1beta1",
      kind: "PeerAuthentication",
      metadata: { name: "default" },
      spec: { mtls: { mode: "STRICT" } },
    };
    await untilServed(() => post(path, policy));
    const { objects, notes } = await objectsOfCluster(client);
    assert.deepEqual(notes, []);
    const view = meshView(objects);
    const [web] = view.workloads.filter(({ namespace }) => namespace === "shop");
    assert.ok(web !== undefined);
    const { mode, reason } = explainPort(view, web, 80);
    assert.deepEqual([mode, reason], ["STRICT", "shop/default says so of the namespace"]);
  } finally {
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A definition is served a moment after it was taken. */
async function untilServed(ask: () => Promise<unknown>): Promise<void> {
  for (let left = 100; ; left--)
    try {
      await ask();
      return;
    } catch (error) {
      if (!(error instanceof StatusError) || error.status.code !== 404 || left === 0) throw error;
      await sleep(50);
    }
}
