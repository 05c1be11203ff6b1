import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openEtcdStore, resourceOfKey, SealedStore } from "@sallyport/apiserver";
import { createEncryption } from "@sallyport/secrets/encryption";
import { stringify } from "yaml";
import { TestKeys } from "../../packages/secrets/src/kms/key-source.fixture.ts";
import { kmsServiceOf } from "../../packages/secrets/src/kms/key-source.ts";
import { servePlugin } from "../../packages/secrets/src/kms/plugin-server.ts";
import { serveV1Plugin } from "../../packages/secrets/src/kms/v1-plugin.fixture.ts";
import { findKubeApiserver, type Peer, startEtcd, startKubeApiserverOn, startSallyport } from "../apiserver/peers.ts";

const files = findKubeApiserver();
const skip = "missing" in files ? files.missing : "url" in files ? "only on an etcd of its own" : false;

const key = (size: number) => ({ name: `k${size}`, secret: randomBytes(size).toString("base64") });

/** A kind for each provider, so that one configuration has them all. */
function kindsUnder(folder: string): readonly Kind[] {
  const kms = (name: string, apiVersion: string) => ({
    kms: { apiVersion, name, endpoint: `unix://${join(folder, `${apiVersion}.sock`)}` },
  });
  return [
    {
      path: "api/v1",
      resource: "secrets",
      provider: { aescbc: { keys: [key(32)] } },
      prefix: "k8s:enc:aescbc:v1:k32:",
    },
    {
      path: "api/v1",
      resource: "configmaps",
      provider: { aescbc: { keys: [key(16)] } },
      prefix: "k8s:enc:aescbc:v1:k16:",
    },
    {
      path: "api/v1",
      resource: "serviceaccounts",
      provider: { aesgcm: { keys: [key(16)] } },
      prefix: "k8s:enc:aesgcm:v1:k16:",
    },
    {
      path: "api/v1",
      resource: "limitranges",
      provider: { aesgcm: { keys: [key(24)] } },
      prefix: "k8s:enc:aesgcm:v1:k24:",
    },
    {
      path: "api/v1",
      resource: "resourcequotas",
      provider: { aesgcm: { keys: [key(32)] } },
      prefix: "k8s:enc:aesgcm:v1:k32:",
    },
    {
      path: "apis/rbac.authorization.k8s.io/v1",
      resource: "roles",
      provider: { secretbox: { keys: [key(32)] } },
      prefix: "k8s:enc:secretbox:v1:k32:",
    },
    {
      path: "apis/coordination.k8s.io/v1",
      resource: "leases",
      provider: kms("two", "v2"),
      prefix: "k8s:enc:kms:v2:two:",
    },
    { path: "api/v1", resource: "podtemplates", provider: kms("one", "v1"), prefix: "k8s:enc:kms:v1:one:" },
    { path: "apis/apps/v1", resource: "controllerrevisions", provider: { identity: {} }, prefix: "k8s\0" },
  ];
}

interface Kind {
  readonly path: string;
  readonly resource: string;
  readonly provider: object;
  readonly prefix: string;
}

const groupOf = ({ path }: Kind) => (path === "api/v1" ? "" : (path.split("/")[1] as string));
const collection = ({ path, resource }: Kind) => `/${path}/namespaces/default/${resource}`;

function configurationOf(kinds: readonly Kind[]): object {
  const named = (kind: Kind) => (groupOf(kind) === "" ? kind.resource : `${kind.resource}.${groupOf(kind)}`);
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: kinds.map((kind) => ({ resources: [named(kind)], providers: [kind.provider] })),
  };
}

/** The least that each kind takes. */
function bodyOf({ resource }: Kind, name: string): object {
  const template = { spec: { containers: [{ name: "a", image: "b" }] } };
  return {
    metadata: { name, labels: { told: name } },
    ...(resource === "podtemplates" ? { template } : {}),
    ...(resource === "controllerrevisions" ? { revision: 1, data: {} } : {}),
  };
}

async function writeAll({ client }: Peer, kinds: readonly Kind[], name: string): Promise<void> {
  for (const kind of kinds) {
    const { code, body } = await client.ask({ method: "POST", path: collection(kind), body: bodyOf(kind, name) });
    assert.equal(code, 201, `${kind.resource}: ${JSON.stringify(body)}`);
  }
}

async function readAll({ client }: Peer, kinds: readonly Kind[], name: string): Promise<void> {
  for (const kind of kinds) {
    const { code, body } = await client.ask({ method: "GET", path: `${collection(kind)}/${name}` });
    const { metadata } = body as { readonly metadata: { readonly labels?: object } };
    assert.deepEqual([code, metadata.labels], [200, { told: name }], `${kind.resource}: ${JSON.stringify(body)}`);
  }
}

/** What lies in etcd under each kind, as it begins. */
async function checkBytes(etcdUrl: string, kinds: readonly Kind[], names: readonly string[]): Promise<void> {
  const store = await openEtcdStore({ servers: [etcdUrl], tls: {} });
  try {
    for (const { resource, prefix } of kinds)
      for (const name of names) {
        const value = await store.get(`/registry/${resource}/default/${name}`);
        const text = Buffer.from(value?.value ?? []).toString("latin1");
        assert.ok(text.startsWith(prefix), `${resource} ${name} begins ${JSON.stringify(text.slice(0, 40))}`);
      }
  } finally {
    await store.close();
  }
}

test("what one server has sealed, by each provider, the other opens: ours and kube-apiserver on one etcd", {
  skip,
}, async () => {
  if ("missing" in files || "url" in files) return;
  const folder = mkdtempSync(join(tmpdir(), "sallyport-sealed-"));
  const etcd = await startEtcd(files.etcd);
  const plugin = await servePlugin(`unix://${join(folder, "v2.sock")}`, kmsServiceOf(new TestKeys()), () => {});
  const stopV1 = await serveV1Plugin(`unix://${join(folder, "v1.sock")}`, randomBytes(32));
  const kinds = kindsUnder(folder);
  const configuration = configurationOf(kinds);
  const file = join(folder, "encryption.yaml");
  writeFileSync(file, stringify(configuration));
  const faults: unknown[] = [];
  const ours = async (run: (peer: Peer) => Promise<void>) => {
    const told = { onFault: (text: string) => faults.push(text), onRotate: () => {} };
    const encryption = await createEncryption(configuration, {
      now: Date.now,
      reload: false,
      allowsKmsV1: true,
      ...told,
    });
    const inner = await openEtcdStore({ servers: [etcd.url], tls: {} });
    const store = new SealedStore(inner, { rules: () => encryption.rules, resourceOf: resourceOfKey });
    const media = { storageMediaType: "application/vnd.kubernetes.protobuf" as const };
    const peer = await startSallyport((error) => faults.push(error), { store, encryption, ...media });
    await run(peer).finally(() => peer.close());
    encryption.close();
  };
  const theirs = async (run: (peer: Peer) => Promise<void>) => {
    const flags = { "encryption-provider-config": file, "feature-gates": "KMSv1=true" };
    const peer = await startKubeApiserverOn(files.apiserver, etcd.url, flags);
    await run(peer).finally(() => peer.close());
  };
  try {
    await ours((peer) => writeAll(peer, kinds, "ours"));
    await theirs(async (peer) => {
      await readAll(peer, kinds, "ours");
      await writeAll(peer, kinds, "theirs");
    });
    await ours(async (peer) => {
      await readAll(peer, kinds, "ours");
      await readAll(peer, kinds, "theirs");
    });
    await checkBytes(etcd.url, kinds, ["ours", "theirs"]);
    assert.deepEqual(faults, []);
  } finally {
    stopV1();
    await plugin.close(0);
    etcd.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
