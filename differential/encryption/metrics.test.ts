import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createMemoryStore, resourceOfKey, SealedStore, serverIdentityHash } from "@sallyport/apiserver";
import { createEncryption, EncryptionMetrics } from "@sallyport/secrets/encryption";
import { kmsServiceOf, startPlugin } from "@sallyport/secrets/kms";
import { TestKeys } from "../../packages/secrets/src/kms/key-source.fixture.ts";
import { familiesOf } from "../apiserver/metric-families.ts";
import { findKubeApiserver, type Peer, startKubeApiserver, startSallyport } from "../apiserver/peers.ts";

// What is told of sealing, opening, and a KMS plugin and its keys has the same names, labels and series at kube-apiserver and at ours.

const files = findKubeApiserver();
const skip = "missing" in files ? files.missing : "url" in files ? "needs a kube-apiserver to start" : false;

const told = /^apiserver_(storage_(transformation|data_key|envelope)|envelope_encryption)/;

const configurationOf = (endpoint: string) => ({
  apiVersion: "apiserver.config.k8s.io/v1",
  kind: "EncryptionConfiguration",
  resources: [
    { resources: ["configmaps"], providers: [{ kms: { apiVersion: "v2", name: "own", endpoint } }, { identity: {} }] },
    {
      resources: ["secrets"],
      providers: [{ aesgcm: { keys: [{ name: "one", secret: Buffer.alloc(32, 1).toString("base64") }] } }],
    },
  ],
});

/** Writes and reads of both. */
async function metricsOf({ client }: Peer): Promise<string> {
  for (const resource of ["configmaps", "secrets"]) {
    const path = `/api/v1/namespaces/default/${resource}`;
    const { code, body } = await client.ask({ method: "POST", path, body: { metadata: { name: "a" } } });
    assert.equal(code, 201, JSON.stringify(body));
    await client.ask({ method: "GET", path: `${path}/a` });
  }
  return String((await client.ask({ method: "GET", path: "/metrics" })).body);
}

/** What was sealed for these resources; whose requests made a server open something is each one's own. */
const sealed = (text: string) =>
  text
    .split("\n")
    .filter((line) => /^apiserver_(storage_transformation_operations|envelope_encryption_key_id_hash)_total/.test(line))
    .filter((line) => /"to_storage"/.test(line) && !/resource="(?!configmaps|secrets)/.test(line))
    .map((line) => line.replace(/ \d+$/, ""))
    .sort();

test("sealing is told by kube-apiserver's names, labels and series", { skip, timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-sealing-"));
  const endpoint = `unix://${join(folder, "kms.sock")}`;
  const plugin = await startPlugin(endpoint, kmsServiceOf(new TestKeys()), () => {});
  const file = join(folder, "encryption.yaml");
  writeFileSync(file, JSON.stringify(configurationOf(endpoint)));
  const metrics = new EncryptionMetrics(serverIdentityHash(hostname()));
  const encryption = await createEncryption(configurationOf(endpoint), {
    ...{ now: Date.now, reload: false, allowsKmsV1: false, onFault: () => {}, onRotate: () => {}, metrics },
  });
  const store = new SealedStore(createMemoryStore(), {
    rules: () => encryption.rules,
    resourceOf: resourceOfKey,
    metrics,
  });
  const faults: unknown[] = [];
  const [theirs, ours] = await Promise.all([
    startKubeApiserver(files as { readonly apiserver: string; readonly etcd: string }, {
      "encryption-provider-config": file,
    }),
    startSallyport((error) => faults.push(error), { store, encryption, encryptionMetrics: metrics }),
  ]);
  try {
    const [their, our] = [await metricsOf(theirs), await metricsOf(ours)];
    const of = (text: string) => [...familiesOf(text)].filter(([name]) => told.test(name)).sort();
    assert.deepEqual(of(our), of(their));
    assert.deepEqual(sealed(our), sealed(their));
    assert.equal(sealed(our).length, 4);
    assert.deepEqual(faults, []);
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
    encryption.close();
    await plugin.close(1_000);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
