import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FakeAzure } from "../../remote/azure.fixture.ts";
import { type AzureIdentity, azureToken } from "../../remote/azure-token.ts";
import { remoteFor } from "../../remote/http-fake.fixture.ts";
import type { KeySource } from "../key-source.ts";
import { KmsError } from "../service.ts";
import { AzureKeyVault } from "./azure-key-vault.ts";
import { withKmsFaults } from "./kms-faults.ts";
import { checkRotation } from "./rotating.fixture.ts";

function fileWith(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-azure-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "file");
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

const managed: AzureIdentity = { kind: "managed", client: undefined };

function sourceAt(
  t: TestContext,
  fake: FakeAzure,
  identity = managed,
  more: { version?: string; now?: () => number } = {},
) {
  const { now = () => 0, ...version } = more;
  const environment = { AZURE_AUTHORITY_HOST: `${fake.url}/`, AZURE_POD_IDENTITY_AUTHORITY_HOST: fake.url };
  const remote = remoteFor(t);
  const token = azureToken(identity, { resource: fake.url, environment, remote, now });
  return withKmsFaults(new AzureKeyVault({ vault: `${fake.url}/`, key: "kube", token, remote, ...version }));
}

async function vaultWithKey(t: TestContext): Promise<FakeAzure> {
  const fake = await FakeAzure.start(t);
  fake.rotate("aaaa1111");
  return fake;
}

const faultOf = (asked: Promise<unknown>) =>
  asked.then(
    () => assert.fail("no fault"),
    (error: KmsError) => error,
  );
const currentFault = (source: KeySource) => faultOf(source.currentKeyId());

test("a key of Key Vault wraps, gets a new version, and unwraps what the old one wrapped", async (t) => {
  const fake = await vaultWithKey(t);
  const ids = await checkRotation(sourceAt(t, fake), () => fake.rotate("bbbb2222"));
  assert.deepEqual(ids, [`${fake.url}/keys/kube/aaaa1111`, `${fake.url}/keys/kube/bbbb2222`]);
  const pinned = sourceAt(t, fake, managed, { version: "aaaa1111" });
  assert.equal(await pinned.currentKeyId(), ids[0]);
  assert.equal((await pinned.seal(Buffer.from("seed"))).keyId, ids[0]);
});

test("a machine, a client's secret and a service account get tokens, which are kept and made anew", async (t) => {
  const of = { tenant: "tenant-1", client: "client-1" };
  const identities: readonly AzureIdentity[] = [
    managed,
    { kind: "secret", ...of, secretFile: fileWith(t, "canary-client-secret\n") },
    { kind: "workload", ...of, tokenFile: fileWith(t, "canary-jwt\n") },
  ];
  for (const identity of identities) {
    const fake = await vaultWithKey(t);
    let time = 0;
    const source = sourceAt(t, fake, identity, { now: () => time });
    const tokens = () => fake.calls.filter((each) => each.includes("token")).length;
    await Promise.all([source.currentKeyId(), source.currentKeyId()]);
    assert.equal(tokens(), 1);
    time = 56 * 60_000;
    await source.currentKeyId();
    assert.equal(tokens(), 2);
    fake.token = "revoked";
    await source.currentKeyId();
    assert.equal(tokens(), 3);
  }
});

test("what Azure refuses is told without what was sent", async (t) => {
  const fake = await vaultWithKey(t);
  const wrong = {
    kind: "secret",
    tenant: "tenant-1",
    client: "client-1",
    secretFile: fileWith(t, "canary-wrong"),
  } as const;
  const told = [
    await currentFault(sourceAt(t, fake, wrong)),
    await currentFault(sourceAt(t, fake, managed, { version: "cccc" })),
  ];
  (fake.keys[0] as { enabled: boolean }).enabled = false;
  told.push(await currentFault(sourceAt(t, fake)));
  assert.deepEqual(
    told.map(({ message }) => message),
    [
      "Azure's token for client client-1: HTTP status 401: AADSTS7000215: Invalid client secret. Trace",
      `Azure Key Vault GET ${fake.url}/keys/kube/cccc: HTTP status 404: KeyNotFound: A key with /keys/kube/cccc was not found`,
      `Azure Key Vault: key ${fake.url}/keys/kube/aaaa1111 is disabled`,
    ],
  );
  assert.ok(told.every((each) => each instanceof KmsError));
});

test("a token goes to no other vault and to no other key, whatever the store names", async (t) => {
  const [fake, other] = [await vaultWithKey(t), await vaultWithKey(t)];
  const source = sourceAt(t, fake);
  const sealed = await source.seal(Buffer.from("seed"));
  for (const keyId of [
    `${other.url}/keys/kube/aaaa1111`,
    `${fake.url}/keys/kube/aaaa1111/../../other/1`,
    `${fake.url}/keys/other/aaaa1111`,
    `${fake.url}/keys/kube/`,
  ])
    assert.equal(
      (await faultOf(source.open({ ...sealed, keyId }))).message,
      `key ${keyId} is no version of ${fake.url}/keys/kube`,
    );
  assert.deepEqual(other.calls, []);
});
