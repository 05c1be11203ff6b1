import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { KeyRingFile, withNewKey } from "@sallyport/secrets/kms";
import { kmsV2Client } from "../../../secrets/src/kms/grpc-client.ts";
import { InputError } from "../manifests.ts";
import { openKmsPlugin } from "./kms-plugin.ts";

interface Ring {
  readonly folder: string;
  readonly values: { readonly file: string; readonly keyFile: string };
  /** Makes a key that seals, and answers its id. */
  readonly add: () => Promise<string>;
}

async function ringIn(t: TestContext): Promise<Ring> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-plugin-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const values = { file: join(folder, "ring.json"), keyFile: join(folder, "key") };
  const bytes = Buffer.from("canary-key-file, 32 bytes and more");
  writeFileSync(values.keyFile, bytes, { mode: 0o600 });
  const file = new KeyRingFile(values.file, async () => ({ kind: "key", bytes }));
  return { folder, values, add: async () => (await file.change((ring) => withNewKey(ring, new Date()))).current };
}

const configured = ({ folder, values }: Ring) => ({
  listen: `unix://${join(folder, "kms.sock")}`,
  http: { host: "127.0.0.1", port: 0 },
  timeoutMs: 2_000,
  kind: "keyRing" as const,
  values,
});

test("a plugin seals and opens on a socket of its user's alone, and tells of calls but not of what they hold", async (t) => {
  const ring = await ringIn(t);
  const first = await ring.add();
  const told: string[] = [];
  const plugin = await openKmsPlugin(configured(ring), (text) => told.push(text.replace(/ [\d.]+ ms /, " N ms ")));
  const socket = join(ring.folder, "kms.sock");
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  const client = kmsV2Client(`unix://${socket}`, 5_000);
  assert.deepEqual(await client.status(), { version: "v2", healthz: "ok", keyId: first });
  const sealed = await client.encrypt("u1", Buffer.from("canary-seed"));
  assert.equal(Buffer.from(await client.decrypt("u2", sealed)).toString(), "canary-seed");
  const second = await ring.add();
  assert.equal((await client.status()).keyId, second);
  assert.equal(Buffer.from(await client.decrypt("u3", sealed)).toString(), "canary-seed");
  await assert.rejects(client.decrypt("u4\nforged line", { ...sealed, keyId: "x" }), /desc = no key x in the ring$/);
  assert.deepEqual(told, [
    `Status key=${first} ok`,
    `Encrypt uid=u1 key=${first} N ms ok`,
    `Decrypt uid=u2 key=${first} N ms ok`,
    `Status key=${second} ok`,
    `Decrypt uid=u3 key=${first} N ms ok`,
    'Decrypt uid="u4\\nforged line" key=x N ms failed: no key x in the ring',
  ]);
  client.close();
  await plugin.close();
  assert.ok(!existsSync(socket));
});

test("probes and Prometheus are answered apart from the socket", async (t) => {
  const ring = await ringIn(t);
  await ring.add();
  const plugin = await openKmsPlugin(configured(ring), () => {});
  const ask = async (path: string) => {
    const answer = await fetch(`${plugin.httpUrl}${path}`);
    return [answer.status, await answer.text()] as const;
  };
  assert.deepEqual(await ask("/healthz"), [200, "ok"]);
  const [, metrics] = await ask("/metrics");
  assert.match(metrics, /^sallyport_kms_plugin_call_duration_seconds_count\{method="Status",result="ok"\} 2$/m);
  assert.match(metrics, /^sallyport_kms_plugin_healthy 1$/m);
  assert.match(metrics, /^sallyport_kms_plugin_key_info\{key_id_hash="sha256:[0-9a-f]{64}"\} 1$/m);
  assert.deepEqual(await ask("/"), [404, "expected /healthz or /metrics\n"]);
  await plugin.close();
});

test("a service that is away is told of, and the plugin waits for it", async (t) => {
  const ring = await ringIn(t);
  const tokenFile = join(ring.folder, "token");
  writeFileSync(tokenFile, "canary-token", { mode: 0o600 });
  const told: string[] = [];
  const values = { address: "http://127.0.0.1:65533", key: "kube", tokenFile };
  const plugin = await openKmsPlugin({ ...configured(ring), kind: "vault", values }, (text) => told.push(text));
  const answer = await fetch(`${plugin.httpUrl}/healthz`);
  assert.equal(answer.status, 500);
  assert.match(
    told.join("\n"),
    /^Status key= failed: GET http:\/\/127.0.0.1:65533\/v1\/auth\/token\/lookup-self: connect ECONNREFUSED.*$/,
  );
  await plugin.close();
});

test("what cannot be opened as it is configured ends the start, and leaves no socket", async (t) => {
  const ring = await ringIn(t);
  const refused = async (more: object, fault: string) => {
    await assert.rejects(openKmsPlugin({ ...configured(ring), ...more }, assert.fail), new InputError(fault));
    assert.ok(!existsSync(join(ring.folder, "kms.sock")));
  };
  const missing = join(ring.folder, "none");
  await refused({}, `${ring.values.file}: no such file or directory`);
  await refused({ listen: "kms.sock" }, "--listen kms.sock: expected unix:///PATH of a socket");
  await refused(
    { listen: `unix://${missing}/kms.sock` },
    `--listen unix://${missing}/kms.sock: no such folder ${missing}`,
  );
  await refused(
    { values: { file: missing } },
    "--passphrase-file (keyRing.passphraseFile) or --key-file (keyRing.keyFile): one is needed",
  );
  await refused({ kind: "vault", values: { key: "k" } }, "--vault-address (vault.address): needed");
  await refused(
    { kind: "vault", values: { key: "k", address: "http://vault:8200", tokenFile: "t" } },
    "--vault-address (vault.address) http://vault:8200: expected https://HOST",
  );
  await refused(
    { kind: "vault", values: { key: "k", address: "https://vault:8200", tokenFile: "t", role: "r" } },
    "--vault-token-file (vault.tokenFile), --vault-role (vault.role), --vault-role-id (vault.roleId): exactly one is needed",
  );
  await refused(
    { kind: "aws", values: { key: "arn:aws:kms:eu-west-1:1:key/k", encryptionContext: "cluster" } },
    "--aws-encryption-context (aws.encryptionContext): expected NAME=VALUE,…",
  );
  await refused(
    { kind: "azure", values: { vault: "https://v.vault.azure.net", key: "k", clientSecretFile: "s" } },
    "--azure-tenant (azure.tenant) and --azure-client (azure.client): needed",
  );
  await refused(
    { kind: "pkcs11", values: { library: "l", token: "t", key: "k", pinFile: "p", binding: ring.folder } },
    `PKCS#11 needs the package pkcs11js, which is not installed in ${ring.folder}: npm install pkcs11js, and name its folder by --pkcs11-binding`,
  );
});
