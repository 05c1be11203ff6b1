import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { freePort } from "../../../../scripts/free-port.ts";
import { awsKeysOfTests, FakeAws, regionOfTests } from "../remote/aws.fixture.ts";
import { callAws } from "../remote/aws-call.ts";
import { awsKeys } from "../remote/aws-keys.ts";
import { FakeAzure } from "../remote/azure.fixture.ts";
import { azureToken } from "../remote/azure-token.ts";
import { remoteFor, startFake } from "../remote/http-fake.fixture.ts";
import { RemoteError } from "../remote/remote.ts";
import { FakeVault } from "../remote/vault.fixture.ts";
import { Vault } from "../remote/vault.ts";
import { SourceError } from "../source-error.ts";
import { AwsSecretsManager } from "./aws-secrets-manager.ts";
import { AzureSecrets } from "./azure-secrets.ts";
import { FileStore } from "./file-store.ts";
import { KubernetesStore } from "./kubernetes-store.ts";
import type { SecretStore } from "./secret-store.ts";
import { VaultKv } from "./vault-kv.ts";

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-stores-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Value and version of a secret, or nothing. */
async function read(store: SecretStore, key: string, version?: string): Promise<readonly string[] | undefined> {
  const found = await store.read(key, version);
  return found && [Buffer.from(found.value).toString(), found.version];
}

function vaultAt(t: TestContext, address: string, token: string): Vault {
  const file = join(folderFor(t), "token");
  writeFileSync(file, token, { mode: 0o600 });
  return new Vault({ address, auth: { kind: "token", file }, remote: remoteFor(t), now: Date.now });
}

test("Vault's pairs are read in each version, and found below a path", async (t) => {
  const fake = await FakeVault.start(t);
  fake.secrets.set("app/db", [
    { user: "a", password: "old" },
    { user: "a", password: "new" },
  ]);
  fake.secrets.set("app/more/cache", [{ url: "x" }]);
  fake.secrets.set("other", [{}]);
  const store = new VaultKv({ vault: vaultAt(t, fake.url, "canary-root"), mount: "kv", close: () => {} });
  assert.deepEqual(await read(store, "app/db"), ['{"user":"a","password":"new"}', "2"]);
  assert.deepEqual(await read(store, "/app/db", "1"), ['{"user":"a","password":"old"}', "1"]);
  assert.equal(await read(store, "app/db", "3"), undefined);
  assert.equal(await read(store, "none"), undefined);
  assert.deepEqual(await store.list(""), ["app/db", "app/more/cache", "other"]);
  assert.deepEqual(await store.list("/app/more/"), ["app/more/cache"]);
  assert.deepEqual(await store.list("none"), []);
  await assert.rejects(store.read("app/db", "x"), /^RemoteError: Vault's KV: version x of app\/db: expected a number$/);
  await assert.rejects(store.read("../../sys/mounts", undefined), /expected no \. or \.\.$/);
});

const realVault = process.env["SALLYPORT_VAULT"] ?? "";

test("pairs of a real Vault are read as the fake's", {
  skip: realVault === "" ? "no Vault in SALLYPORT_VAULT" : false,
}, async (t) => {
  const remote = remoteFor(t);
  const change = (path: string, body: object) =>
    remote.ask({
      method: "POST",
      url: `${realVault}/v1/${path}`,
      headers: { "x-vault-token": "root", "x-vault-request": "true" },
      body: JSON.stringify(body),
    });
  // A fresh server has no such engine; another run may have made it.
  await change("sys/mounts/kv", { type: "kv", options: { version: "2" } });
  const folder = `t${Date.now()}`;
  for (const password of ["old", "new"]) await change(`kv/data/${folder}/db`, { data: { password } });
  const store = new VaultKv({ vault: vaultAt(t, realVault, "root"), mount: "kv", close: () => {} });
  assert.deepEqual(await read(store, `${folder}/db`), ['{"password":"new"}', "2"]);
  assert.deepEqual(await read(store, `${folder}/db`, "1"), ['{"password":"old"}', "1"]);
  assert.deepEqual(await store.list(folder), [`${folder}/db`]);
});

function awsStoreAt(t: TestContext, url: string, now: () => number) {
  const environment = {
    AWS_ACCESS_KEY_ID: awsKeysOfTests.accessKeyId,
    AWS_SECRET_ACCESS_KEY: awsKeysOfTests.secretAccessKey,
    AWS_ENDPOINT_URL: url,
  };
  const base = { region: regionOfTests, environment, remote: remoteFor(t), now };
  const aws = { ...base, service: "secretsmanager", target: "secretsmanager", keys: awsKeys(base) };
  return { aws, store: new AwsSecretsManager({ aws, close: () => {} }) };
}

test("secrets of AWS are read, texts and bytes, and found by how they begin", async (t) => {
  const fake = await FakeAws.start(t);
  fake.secrets.set("app/db", { SecretString: '{"user":"a"}' });
  fake.secrets.set("app/key", { SecretBinary: Buffer.from("bytes").toString("base64") });
  fake.secrets.set("my-app/", { SecretString: "" });
  const { store } = awsStoreAt(t, fake.url, () => fake.now);
  assert.deepEqual(await read(store, "app/db"), ['{"user":"a"}', "v-1"]);
  assert.deepEqual(await read(store, "app/key", "uuid/v-7"), ["bytes", "v-7"]);
  assert.equal(await read(store, "none"), undefined);
  assert.deepEqual(await store.list("app/"), ["app/db", "app/key"]);
});

const moto = process.env["SALLYPORT_MOTO"] || "moto_server";
const noMoto =
  spawnSync(moto, ["--help"]).status === 0 ? false : "no moto_server on the PATH, and none in SALLYPORT_MOTO";

test("secrets of moto are read as the fake's, by versions and stages", { skip: noMoto }, async (t) => {
  const port = await freePort();
  const child = spawn(moto, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  t.after(() => void child.kill("SIGKILL"));
  const { aws, store } = awsStoreAt(t, `http://127.0.0.1:${port}`, Date.now);
  for (let tries = 0; ; tries++) {
    const made = await callAws(aws, "CreateSecret", { Name: "app/db", SecretString: "old" }).catch(() => undefined);
    if (made !== undefined) break;
    assert.ok(tries < 300, "moto did not listen in time");
    await new Promise((done) => setTimeout(done, 100));
  }
  const [, first] = (await read(store, "app/db")) ?? [];
  await callAws(aws, "PutSecretValue", { SecretId: "app/db", SecretString: "new" });
  assert.equal((await read(store, "app/db"))?.[0], "new");
  assert.deepEqual(await read(store, "app/db", "AWSPREVIOUS"), ["old", first]);
  assert.deepEqual(await read(store, "app/db", `uuid/${first}`), ["old", first]);
  assert.equal(await read(store, "none"), undefined);
  for (let i = 0; i < 120; i++) await callAws(aws, "CreateSecret", { Name: `many/${i}`, SecretString: "x" });
  assert.deepEqual([(await store.list("many/")).length, await store.list("app/")], [120, ["app/db"]]);
});

test("secrets of Azure are read, and nothing of a next page elsewhere", async (t) => {
  const fake = await FakeAzure.start(t);
  fake.secrets.set("db", "canary-old", "v7");
  fake.secrets.set("db", "canary", "v8");
  for (const name of ["cache", "app-a", "app-b", "app-c"]) fake.secrets.set(name, "x");
  const azureAt = (url: string) => {
    const remote = remoteFor(t);
    const environment = { AZURE_POD_IDENTITY_AUTHORITY_HOST: fake.url };
    const token = azureToken(
      { kind: "managed", client: undefined },
      { resource: fake.url, environment, remote, now: Date.now },
    );
    return new AzureSecrets({ vault: url, remote, token });
  };
  const store = azureAt(fake.url);
  assert.deepEqual(await read(store, "db"), ["canary", "v8"]);
  assert.deepEqual(await read(store, "secret/db", "v7"), ["canary-old", "v7"]);
  assert.equal(await read(store, "none"), undefined);
  assert.deepEqual(await store.list(""), ["app-a", "app-b", "app-c", "cache", "db"]);
  await assert.rejects(store.read("../keys/x", undefined), /expected a secret's name of letters, digits and dashes$/);
  const evil = await startFake(t, () => ({ status: 200, body: { value: [], nextLink: `${fake.url}/secrets?x=1` } }));
  await assert.rejects(azureAt(evil).list(""), new RemoteError("Azure Key Vault: the next page is none of the vault"));
});

test("files of a folder are read, and nothing outside of it", async (t) => {
  const root = folderFor(t);
  const folder = join(root, "secrets");
  mkdirSync(join(folder, "app"), { recursive: true });
  writeFileSync(join(folder, "app", "db"), "one");
  writeFileSync(join(root, "outside"), "canary");
  symlinkSync(join(root, "outside"), join(folder, "link"));
  const store = new FileStore(folder);
  const found = await store.read("app/db", undefined);
  assert.equal(Buffer.from(found?.value ?? []).toString(), "one");
  writeFileSync(join(folder, "app", "db"), "two");
  assert.notEqual((await store.read("app/db", undefined))?.version, found?.version);
  for (const key of ["none", "app", "", "../outside", "link", "/etc/passwd"])
    assert.equal(await read(store, key), undefined, key);
  assert.deepEqual(await store.list("app/"), ["app/db"]);
  await assert.rejects(store.read("app/db", "1"), new SourceError("version 1 of app/db: files have no versions"));
  const gone = new FileStore(join(root, "none"));
  await assert.rejects(gone.list(""), new SourceError(`${join(root, "none")}: no such file or directory`));
});

test("Secrets of a namespace are the JSON of their data", async () => {
  const data = { user: "YQ==", bytes: "/w==" };
  const secrets = [
    { metadata: { name: "db", resourceVersion: "7" }, data: { user: data.user } },
    { metadata: { name: "odd" }, data },
  ];
  const get = async (name: string) => secrets.find(({ metadata }) => metadata.name === name);
  const store = new KubernetesStore({ get, list: async () => secrets, close: () => {} });
  assert.deepEqual(await read(store, "db"), ['{"user":"a"}', "7"]);
  assert.equal(await read(store, "none"), undefined);
  assert.deepEqual(await store.list("d"), ["db"]);
  await assert.rejects(store.read("odd", undefined), new RemoteError("Secret odd: bytes is no text"));
});
