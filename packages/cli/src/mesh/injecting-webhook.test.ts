import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, kubeconfigConnection } from "@sallyport/cluster";
import { injectionEntries, meshDefinitions, type Pod } from "@sallyport/mesh";
import { createCa, createLeaf } from "@sallyport/pki";
import { installManifests } from "@sallyport/webhook";
import { openGatehouse } from "../gatehouse.ts";
import { openWebhook } from "../webhook.ts";
import { defaultSidecars } from "./sidecar-flags.ts";

const manifests = installManifests({
  namespace: "gate",
  name: "sallyport",
  image: "sallyport:1",
  replicas: 1,
  args: ["--mesh"],
  resources: ["pods"],
  reads: [],
  asksAuthorizer: false,
  mutates: false,
  mesh: { definitions: meshDefinitions as never, entries: injectionEntries({ revision: "default" }) },
  failurePolicy: "Ignore",
  timeoutSeconds: 5,
  excludedNamespaces: ["gate"],
});

test("what install prints for a mesh: its kinds, and who is asked about sidecars alone", () => {
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  assert.ok(names.includes("CustomResourceDefinition peerauthentications.security.istio.io"));
  const mutating = manifests.find(({ kind }) => kind === "MutatingWebhookConfiguration");
  const webhooks = mutating?.["webhooks"] as readonly { readonly [field: string]: unknown }[];
  assert.deepEqual(
    webhooks.map(({ name }) => name),
    [
      "rev.namespace.sidecar-injector.istio.io",
      "rev.object.sidecar-injector.istio.io",
      "namespace.sidecar-injector.istio.io",
      "object.sidecar-injector.istio.io",
    ],
  );
  // Whatever is said of the others: a pod without the sidecar that it wants would talk in plaintext.
  for (const { failurePolicy } of webhooks) assert.equal(failurePolicy, "Fail");
  assert.match(JSON.stringify(manifests.find(({ kind }) => kind === "ClusterRole")), /"mutatingwebhookconfigurations"/);
});

test("an API server asks at /inject, and pods get sidecars", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-injector-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const life = { now: Date.now(), days: 1 };
  const ca = await createCa("CN=authority", life);
  const leaf = await createLeaf(ca, "CN=webhook", life, { names: ["localhost"], addresses: ["127.0.0.1"] });
  const tls = { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  writeFileSync(tls.certificate, leaf.certificate);
  writeFileSync(tls.key, leaf.key);
  const said: unknown[] = [];
  const shared = { folder, host: "127.0.0.1", port: 0, memory: true, chain: {} };
  const gatehouse = await openGatehouse({ ...shared, onFault: (error) => said.push(error) });
  const connection = kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now });
  const client = new Client(connection);
  const webhook = await openWebhook({
    connection,
    host: "127.0.0.1",
    port: 0,
    chain: {},
    plugins: [],
    policies: [],
    replicate: [],
    sidecars: defaultSidecars(),
    tls,
    drainMs: 0,
    say: () => {},
  });
  t.after(async () => {
    await webhook.close();
    client.close();
    await gatehouse.close();
  });
  const create = (path: string, body: object) => client.ask(path, { method: "POST", body });
  const own = manifests.find(({ kind }) => kind === "MutatingWebhookConfiguration") as (typeof manifests)[number];
  const caBundle = Buffer.from(ca.certificate).toString("base64");
  const url = `https://localhost:${new URL(webhook.server.url).port}/inject`;
  const webhooks = own["webhooks"].map((each: object) => ({ ...each, clientConfig: { url, caBundle } }));
  const labels = { "istio-injection": "enabled" };
  await create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop", labels } });
  await create("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", { ...own, webhooks });
  const spec = { containers: [{ name: "app", image: "app:1" }] };
  const podIn = async (namespace: string): Promise<Pod> => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec };
    for (let tries = 0; ; tries++)
      try {
        return (await create(`/api/v1/namespaces/${namespace}/pods`, pod)) as Pod;
      } catch (error) {
        // It reads the cluster's objects first.
        if (!/not ready/.test((error as Error).message) || tries > 100) throw error;
        await new Promise((done) => setTimeout(done, 100));
      }
  };
  const inits = ({ spec: { initContainers } }: Pod) => initContainers?.map(({ name }) => name);
  assert.deepEqual(inits(await podIn("shop")), ["istio-init", "istio-proxy"]);
  assert.equal(inits(await podIn("default")), undefined);
  assert.deepEqual(said, []);
});
