import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { remoteFor, startFake } from "../../remote/http-fake.fixture.ts";
import { FakeVault } from "../../remote/vault.fixture.ts";
import { Vault, type VaultAuth } from "../../remote/vault.ts";
import type { KeySource } from "../key-source.ts";
import { KmsError } from "../service.ts";
import { withKmsFaults } from "./kms-faults.ts";
import { checkRotation } from "./rotating.fixture.ts";
import { VaultTransit } from "./vault-transit.ts";

function fileWith(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-vault-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "file");
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function sourceAt(t: TestContext, fake: FakeVault, auth: VaultAuth, key = "kube"): KeySource {
  const { url: address, namespace } = fake;
  const vault = new Vault({
    address,
    auth,
    remote: remoteFor(t),
    now: () => fake.now,
    ...(namespace && { namespace }),
  });
  return withKmsFaults(new VaultTransit({ vault, mount: "transit", key, close: () => {} }));
}

async function vaultWithKey(t: TestContext): Promise<FakeVault> {
  const fake = await FakeVault.start(t);
  fake.rotate("kube");
  return fake;
}

test("a key of Vault seals, is rotated, and opens what its versions sealed", async (t) => {
  const fake = await vaultWithKey(t);
  fake.namespace = "team";
  const source = sourceAt(t, fake, { kind: "token", file: fileWith(t, "canary-root\n") });
  const [first, second] = await checkRotation(source, () => fake.rotate("kube"));
  assert.deepEqual([first, second], ["transit/kube:v1:1800000000", "transit/kube:v2:1800000001"]);
});

test("a key that was deleted and made anew is another one", async (t) => {
  const fake = await vaultWithKey(t);
  const source = sourceAt(t, fake, { kind: "token", file: fileWith(t, "canary-root") });
  const first = await source.currentKeyId();
  fake.keys.delete("kube");
  fake.now += 5_000;
  fake.rotate("kube");
  assert.deepEqual([first, await source.currentKeyId()], ["transit/kube:v1:1800000000", "transit/kube:v1:1800000005"]);
});

test("logins by Kubernetes and by a role's id are renewed, and made anew when that cannot be", async (t) => {
  const [jwt, secretId] = [fileWith(t, "canary-jwt\n"), fileWith(t, "canary-secret-id")];
  for (const auth of [
    { kind: "kubernetes", mount: "kubernetes", role: "kms", tokenFile: jwt },
    { kind: "approle", mount: "approle", roleId: "kms", secretIdFile: secretId },
  ] as const) {
    const fake = await vaultWithKey(t);
    const source = sourceAt(t, fake, auth);
    const callsOf = async () => {
      fake.calls.length = 0;
      await Promise.all([source.currentKeyId(), source.currentKeyId()]);
      return fake.calls.filter((each) => each.includes("/auth/"));
    };
    const [login, renewal] = [`POST /v1/auth/${auth.mount}/login`, "POST /v1/auth/token/renew-self"];
    assert.deepEqual(await callsOf(), [login]);
    fake.now += 54 * 60_000;
    assert.deepEqual(await callsOf(), []);
    fake.now += 2 * 60_000;
    assert.deepEqual(await callsOf(), [renewal]);
    fake.now += 2 * 3_600_000;
    assert.deepEqual(await callsOf(), [renewal, login]);
    fake.tokens.clear();
    assert.deepEqual(await callsOf(), [login]);
  }
});

test("a token that ends is looked up and renewed; one that was replaced in its file is read again", async (t) => {
  const fake = await vaultWithKey(t);
  const file = fileWith(t, "canary-short");
  fake.tokens.set("canary-short", { endsAt: fake.now + 600_000, renewable: true });
  const source = sourceAt(t, fake, { kind: "token", file });
  await source.currentKeyId();
  fake.now += 500_000;
  await source.currentKeyId();
  assert.ok(fake.calls.includes("POST /v1/auth/token/renew-self"));
  fake.tokens.delete("canary-short");
  writeFileSync(file, "canary-root");
  assert.equal(await source.currentKeyId(), "transit/kube:v1:1800000000");
});

test("what Vault refuses is told without what was sent", async (t) => {
  const fake = await vaultWithKey(t);
  const token = { kind: "token", file: fileWith(t, "canary-nobody") } as const;
  const faultOf = async (source: KeySource) => (await source.currentKeyId().catch((error: Error) => error)) as KmsError;
  const told = [
    await faultOf(sourceAt(t, fake, token)),
    await faultOf(sourceAt(t, fake, { kind: "token", file: fileWith(t, "canary-root") }, "none")),
    await faultOf(sourceAt(t, fake, { kind: "kubernetes", mount: "kubernetes", role: "no", tokenFile: token.file })),
    await faultOf(sourceAt(t, fake, { kind: "token", file: "/nonexistent/token" })),
    await faultOf(sourceAt(t, fake, { kind: "token", file: fileWith(t, "canary-two\nlines") })),
  ];
  assert.deepEqual(
    told.map(({ message }) => message),
    [
      `Vault GET ${fake.url}/v1/auth/token/lookup-self: HTTP status 403: permission denied`,
      `Vault GET ${fake.url}/v1/transit/keys/none: HTTP status 404: encryption key not found`,
      `Vault POST ${fake.url}/v1/auth/kubernetes/login: HTTP status 400: invalid role name`,
      "/nonexistent/token: no such file or directory",
      `GET ${fake.url}/v1/auth/token/lookup-self: x-vault-token has characters that no header takes, as a line break`,
    ],
  );
  assert.ok(told.every((each) => each instanceof KmsError && !each.message.includes("canary")));
});

test("keys that cannot do it are refused, and so is what is no answer", async (t) => {
  const answers: { [path: string]: unknown } = { "/v1/auth/token/lookup-self": { data: { ttl: 0 } } };
  const url = await startFake(t, ({ path }) => ({
    status: answers[path] === undefined ? 307 : 200,
    body: answers[path] ?? "",
  }));
  const auth = { kind: "token", file: fileWith(t, "canary-root") } as const;
  const vault = new Vault({ address: url, auth, remote: remoteFor(t), now: Date.now });
  const source = withKmsFaults(new VaultTransit({ vault, mount: "transit", key: "kube", close: () => {} }));
  const read = (data: unknown) => {
    answers["/v1/transit/keys/kube"] = data;
    return source.currentKeyId().then(assert.fail, (error: KmsError) => error.message);
  };
  const key = { latest_version: 1, keys: { 1: 1 } };
  const at = `Vault GET ${url}/v1/transit/keys/kube`;
  assert.equal(await read(undefined), `${at}: HTTP status 307`);
  assert.equal(await read("canary"), `${at}: the answer is no JSON object`);
  assert.equal(await read({ data: null }), `${at}: the answer has no data`);
  assert.equal(await read({ data: {} }), "Vault's transit: key kube has no versions");
  assert.equal(
    await read({ data: { ...key, type: "ed25519", supports_encryption: false } }),
    "Vault's transit: key kube is of type ed25519, which cannot encrypt",
  );
  assert.match(await read({ data: { ...key, derived: true } }), /key kube is derived from a context/);
});

test("a Vault that does not answer is waited for so long and no longer", async (t) => {
  const url = await startFake(t, () => undefined);
  const auth = { kind: "token", file: fileWith(t, "canary-root") } as const;
  const vault = (address: string) => new Vault({ address, auth, remote: remoteFor(t, 50), now: Date.now });
  const fault = async (address: string) =>
    withKmsFaults(new VaultTransit({ vault: vault(address), mount: "transit", key: "kube", close: () => {} }))
      .currentKeyId()
      .then(assert.fail, (error: KmsError) => error.message);
  assert.equal(await fault(url), `GET ${url}/v1/auth/token/lookup-self: no answer in 50 ms`);
  assert.match(
    await fault("http://127.0.0.1:65533"),
    /^GET http:\/\/127.0.0.1:65533\/v1\/auth\/token\/lookup-self: connect ECONNREFUSED/,
  );
});

/** A Vault or an OpenBao in its development mode, whose token is `root`. */
const real = process.env["SALLYPORT_VAULT"] ?? "";

test("a real Vault's keys seal, are rotated and open, symmetric and RSA ones", {
  skip: real === "" ? "no Vault in SALLYPORT_VAULT" : false,
}, async (t) => {
  const remote = remoteFor(t);
  const vault = new Vault({
    address: real,
    auth: { kind: "token", file: fileWith(t, "root") },
    remote,
    now: Date.now,
  });
  const change = async (path: string, body: object) => {
    const headers = { "x-vault-token": "root", "x-vault-request": "true" };
    const url = `${real}/v1/${path}`;
    return (await remote.ask({ method: "POST", url, headers, body: JSON.stringify(body) })).status;
  };
  // A fresh server has no such engine; another run may have made it.
  await change("sys/mounts/transit", { type: "transit" });
  for (const type of ["aes256-gcm96", "rsa-2048"]) {
    const key = `kube-${type}-${Date.now()}`;
    assert.ok((await change(`transit/keys/${key}`, { type })) < 300);
    const source = withKmsFaults(new VaultTransit({ vault, mount: "transit", key, close: () => {} }));
    const ids = await checkRotation(source, () => change(`transit/keys/${key}/rotate`, {}));
    assert.deepEqual(
      ids.map((each) => each.replace(/\d{10}$/, "TIME")),
      [`transit/${key}:v1:TIME`, `transit/${key}:v2:TIME`],
    );
  }
});
