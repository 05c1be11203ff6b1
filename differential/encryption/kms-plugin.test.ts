import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openEtcdStore } from "@sallyport/apiserver";
import { stringify } from "yaml";
import { findKubeApiserver, type Peer, startEtcd, startKubeApiserverOn } from "../apiserver/peers.ts";

const files = findKubeApiserver();
const skip = "missing" in files ? files.missing : "url" in files ? "only on an etcd of its own" : false;

const program = [
  ...process.execArgv.filter((each) => /^--(conditions|disable-warning)/.test(each)),
  "packages/cli/src/main.ts",
];

/** How soon kube-apiserver must have taken a new key: it asks once a minute. */
const rotatedMs = 120_000;

interface Files {
  readonly socket: string;
  readonly ring: readonly string[];
}

/** The command, as a user starts it, once it listens. */
async function startPlugin({ socket, ring }: Files): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...program, "kms-plugin", "--listen", `unix://${socket}`, ...ring], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`the plugin ended with ${code}`)));
  });
  return child;
}

function addKey({ ring }: Files): string {
  const run = spawnSync(process.execPath, [...program, "kms-plugin", "keys", "add", ...ring], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  return /^(\S+) +current/m.exec(run.stdout)?.[1] as string;
}

async function write({ client }: Peer, name: string): Promise<void> {
  const body = { metadata: { name }, stringData: { password: `canary-${name}` } };
  const { code, body: answer } = await client.ask({ method: "POST", path: "/api/v1/namespaces/default/secrets", body });
  assert.equal(code, 201, JSON.stringify(answer));
}

async function read({ client }: Peer, name: string): Promise<void> {
  const { code, body } = await client.ask({ method: "GET", path: `/api/v1/namespaces/default/secrets/${name}` });
  assert.equal(code, 200, JSON.stringify(body));
  const { data } = body as { readonly data: { readonly password: string } };
  assert.equal(Buffer.from(data.password, "base64").toString(), `canary-${name}`);
}

/** What lies in etcd: sealed, and by which of the keys. */
async function keyOf(etcdUrl: string, name: string, keys: readonly string[]): Promise<string | undefined> {
  const store = await openEtcdStore({ servers: [etcdUrl], tls: {} });
  try {
    const stored = await store.get(`/registry/secrets/default/${name}`);
    const text = Buffer.from(stored?.value ?? []).toString("latin1");
    assert.ok(text.startsWith("k8s:enc:kms:v2:sallyport:") && !text.includes("canary"), text.slice(0, 30));
    return keys.find((each) => text.includes(each));
  } finally {
    await store.close();
  }
}

test("a kube-apiserver seals under the plugin's key, takes the next one, and opens what the old one sealed", {
  skip,
}, async () => {
  if ("missing" in files || "url" in files) return;
  const folder = mkdtempSync(join(tmpdir(), "sallyport-plugin-"));
  const secret = join(folder, "passphrase");
  writeFileSync(secret, randomBytes(24).toString("base64"), { mode: 0o600 });
  const place = {
    socket: join(folder, "kms.sock"),
    ring: ["--key-ring", join(folder, "ring.json"), "--passphrase-file", secret],
  };
  const first = addKey(place);
  let plugin = await startPlugin(place);
  const etcd = await startEtcd(files.etcd);
  const kms = { apiVersion: "v2", name: "sallyport", endpoint: `unix://${place.socket}` };
  const configuration = {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [{ kms }] }],
  };
  const configurationFile = join(folder, "encryption.yaml");
  writeFileSync(configurationFile, stringify(configuration));
  const start = () =>
    startKubeApiserverOn(files.apiserver, etcd.url, { "encryption-provider-config": configurationFile });
  let server = await start();
  try {
    await write(server, "one");
    await read(server, "one");
    assert.equal(await keyOf(etcd.url, "one", [first]), first);
    // A plugin that was killed leaves its socket behind, and the next one takes its place.
    plugin.kill("SIGKILL");
    await new Promise((done) => plugin.once("close", done));
    plugin = await startPlugin(place);
    const second = addKey(place);
    const names = await writeUntil(server, etcd.url, [first, second], second);
    // It has no key in its memory: the plugin opens what both keys have sealed.
    await server.close();
    server = await start();
    for (const name of ["one", ...names]) await read(server, name);
    const { code, body } = await server.client.ask({ method: "GET", path: "/readyz/kms-providers" });
    assert.equal(code, 200, JSON.stringify(body));
  } finally {
    await server.close();
    etcd.close();
    plugin.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});

/** Writes until what is written lies under the key that is awaited. */
async function writeUntil(server: Peer, etcdUrl: string, keys: readonly string[], awaited: string): Promise<string[]> {
  const names: string[] = [];
  for (const end = Date.now() + rotatedMs; Date.now() < end; ) {
    // A probe has it look at the plugin sooner than once a minute.
    await server.client.ask({ method: "GET", path: "/readyz/kms-providers" });
    const name = `two-${names.length}`;
    await write(server, name);
    names.push(name);
    if ((await keyOf(etcdUrl, name, keys)) === awaited) return names;
    await new Promise((done) => setTimeout(done, 2_000));
  }
  throw new Error(`nothing was sealed by ${awaited} in ${rotatedMs} ms`);
}
