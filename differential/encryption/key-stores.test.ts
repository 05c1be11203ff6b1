import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openEtcdStore } from "@sallyport/apiserver";
import { stringify } from "yaml";
import { FakeAzure } from "../../packages/secrets/src/remote/azure.fixture.ts";
import { FakeVault } from "../../packages/secrets/src/remote/vault.fixture.ts";
import { findKubeApiserver, type Peer, startEtcd, startKubeApiserverOn } from "../apiserver/peers.ts";
import { startMoto } from "./moto.ts";
import { softToken } from "./soft-token.ts";

const files = findKubeApiserver();
const skip = "missing" in files ? files.missing : "url" in files ? "only on an etcd of its own" : false;

const program = [
  ...process.execArgv.filter((each) => /^--(conditions|disable-warning)/.test(each)),
  "packages/cli/src/main.ts",
];

/** What a plugin is started with: flags, and what its environment has beside. */
interface Place {
  readonly flags: readonly string[];
  readonly environment?: { readonly [name: string]: string };
}

/** A key store, and the resource of which a real kube-apiserver keeps the objects under its key. */
interface KeyStore {
  readonly name: string;
  readonly resource: string;
  readonly spec?: object;
  /** A text says why there is none on this machine. */
  readonly prepare: (t: TestContext, folder: string) => Place | string | Promise<Place | string>;
}

const keyStores: readonly KeyStore[] = [
  {
    name: "ring",
    resource: "secrets",
    prepare: (_t, folder) => {
      const flags = ["--key-ring", join(folder, "ring.json"), "--passphrase-file", secretFile(folder, "passphrase")];
      const run = spawnSync(process.execPath, [...program, "kms-plugin", "keys", "add", ...flags], {
        encoding: "utf8",
      });
      assert.equal(run.status, 0, run.stderr);
      return { flags };
    },
  },
  { name: "pkcs11", resource: "configmaps", prepare: (t) => softToken(t) },
  {
    name: "aws",
    resource: "serviceaccounts",
    prepare: async (t) => {
      const moto = await startMoto(t);
      return typeof moto === "string" ? moto : { flags: ["--aws-key", moto.key], environment: moto.environment };
    },
  },
  {
    name: "vault",
    resource: "limitranges",
    spec: { limits: [] },
    prepare: async (t, folder) => {
      const vault = await FakeVault.start(t);
      vault.rotate("kube");
      const token = secretFile(folder, "token", "canary-root");
      return { flags: ["--vault-address", vault.url, "--vault-key", "kube", "--vault-token-file", token] };
    },
  },
  {
    name: "azure",
    resource: "resourcequotas",
    spec: {},
    prepare: async (t) => {
      const azure = await FakeAzure.start(t);
      azure.rotate("aaaa1111");
      const environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST: azure.url };
      return { flags: ["--azure-vault", azure.url, "--azure-key", "kube"], environment };
    },
  },
];

function secretFile(folder: string, name: string, text = randomBytes(24).toString("base64")): string {
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  return join(folder, name);
}

/** The command, as a user starts it, once it listens. */
async function startPlugin(socket: string, { flags, environment }: Place): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...program, "kms-plugin", "--listen", `unix://${socket}`, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let told = "";
  child.stderr.on("data", (chunk) => {
    told += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`the plugin ended with ${code}: ${told}`)));
  });
  return child;
}

const pathOf = ({ resource }: KeyStore) => `/api/v1/namespaces/default/${resource}`;
const canaryOf = ({ name }: KeyStore) => `canary-under-${name}`;

async function write({ client }: Peer, store: KeyStore): Promise<void> {
  const metadata = { name: "sealed", annotations: { canary: canaryOf(store) } };
  const body = { metadata, ...(store.spec && { spec: store.spec }) };
  const { code, body: answer } = await client.ask({ method: "POST", path: pathOf(store), body });
  assert.equal(code, 201, `${store.name}: ${JSON.stringify(answer)}`);
}

async function read({ client }: Peer, store: KeyStore): Promise<void> {
  const { code, body } = await client.ask({ method: "GET", path: `${pathOf(store)}/sealed` });
  assert.equal(code, 200, `${store.name}: ${JSON.stringify(body)}`);
  const { metadata } = body as { readonly metadata: { readonly annotations: { readonly canary: string } } };
  assert.equal(metadata.annotations.canary, canaryOf(store));
}

/** What lies in etcd says whose it is, and not what it is. */
async function checkSealed(etcdUrl: string, stores: readonly KeyStore[]): Promise<void> {
  const etcd = await openEtcdStore({ servers: [etcdUrl], tls: {} });
  try {
    for (const store of stores) {
      const stored = await etcd.get(`/registry/${store.resource}/default/sealed`);
      const text = Buffer.from(stored?.value ?? []).toString("latin1");
      assert.ok(text.startsWith(`k8s:enc:kms:v2:${store.name}:`) && !text.includes("canary"), text.slice(0, 40));
    }
  } finally {
    await etcd.close();
  }
}

test("a kube-apiserver seals under a plugin of each key store at once, and another one opens it", {
  skip,
}, async (t) => {
  if ("missing" in files || "url" in files) return;
  const folder = mkdtempSync(join(tmpdir(), "sallyport-key-stores-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const socketOf = ({ name }: KeyStore) => join(folder, `${name}.sock`);
  const stores: KeyStore[] = [];
  for (const store of keyStores) {
    const place = await store.prepare(t, folder);
    if (typeof place === "string") {
      t.diagnostic(`${store.name}: ${place}`);
      continue;
    }
    const plugin = await startPlugin(socketOf(store), place);
    t.after(() => void plugin.kill("SIGKILL"));
    stores.push(store);
  }
  const resources = stores.map((store) => ({
    resources: [store.resource],
    providers: [{ kms: { apiVersion: "v2", name: store.name, endpoint: `unix://${socketOf(store)}`, timeout: "10s" } }],
  }));
  const configuration = { apiVersion: "apiserver.config.k8s.io/v1", kind: "EncryptionConfiguration", resources };
  const file = join(folder, "encryption.yaml");
  writeFileSync(file, stringify(configuration));
  const etcd = await startEtcd(files.etcd);
  t.after(() => etcd.close());
  const flags = { "encryption-provider-config": file };
  const first = await startKubeApiserverOn(files.apiserver, etcd.url, flags);
  try {
    for (const store of stores) await write(first, store);
  } finally {
    await first.close();
  }
  await checkSealed(etcd.url, stores);
  // It has no key in its memory: each plugin is asked to open what it sealed.
  const second = await startKubeApiserverOn(files.apiserver, etcd.url, flags);
  try {
    for (const store of stores) await read(second, store);
  } finally {
    await second.close();
  }
});
