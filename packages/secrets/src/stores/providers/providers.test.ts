import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { awsKeysOfTests, FakeAws, regionOfTests } from "../../remote/aws.fixture.ts";
import { FakeAzure } from "../../remote/azure.fixture.ts";
import type { Environment } from "../../remote/remote.ts";
import { FakeVault } from "../../remote/vault.fixture.ts";
import { SourceError } from "../../source-error.ts";
import { openStore } from "../open-store.ts";
import type { StoreContext, StoreCredentials } from "../store-context.ts";
import type { ProviderSpec } from "../store-spec.ts";

/** Keys of Secrets by `name/key`, and what an account's token was asked for. */
const secrets: { readonly [place: string]: string } = {
  "vault/token": "canary-root",
  "vault/jwt": "canary-jwt",
  "vault/role": "kms",
  "vault/secret": "canary-secret-id",
  "aws/id": awsKeysOfTests.accessKeyId,
  "aws/key": awsKeysOfTests.secretAccessKey,
  "azure/id": "client-1",
  "azure/secret": "canary-client-secret",
};

const annotations = {
  "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/kms",
  "azure.workload.identity/client-id": "client-1",
  "azure.workload.identity/tenant-id": "tenant-1",
};

interface Opened {
  readonly read: (key: string) => Promise<string | undefined>;
  /** The accounts and audiences that tokens were asked for. */
  readonly asked: readonly string[];
}

async function open(
  t: TestContext,
  provider: ProviderSpec,
  more: { readonly environment?: Environment; readonly lendsOwn?: boolean; readonly now?: () => number } = {},
): Promise<Opened> {
  const asked: string[] = [];
  const credentials: StoreCredentials = {
    secret: async ({ name, key }) => {
      const value = secrets[`${name}/${key}`];
      if (value === undefined) throw new SourceError(`there is no ${name}/${key}`);
      return value;
    },
    certificates: () => assert.fail("not asked here"),
    accountToken: async ({ name }, audiences) => {
      asked.push([name, ...audiences].join(" "));
      return "canary-jwt";
    },
    accountAnnotations: async () => annotations,
  };
  const { environment = {}, lendsOwn = false, now = Date.now } = more;
  const openNamespace = () => assert.fail("not asked here");
  const context: StoreContext = {
    environment,
    timeoutMs: 5_000,
    now,
    credentials,
    files: undefined,
    lendsOwn,
    openNamespace,
  };
  const store = await openStore(provider, context);
  t.after(() => store.close());
  const read = async (key: string) => {
    const found = await store.read(key, undefined);
    return found && Buffer.from(found.value).toString();
  };
  return { read, asked };
}

type VaultAuth = NonNullable<NonNullable<ProviderSpec["vault"]>["auth"]>;

/** How a store knows Vault, and what tokens it asks for. */
const vaultAuths: { readonly [what: string]: readonly [VaultAuth, ...string[]] } = {
  "a token": [{ tokenSecretRef: { name: "vault" } }],
  "an account of Kubernetes": [
    { kubernetes: { role: "kms", serviceAccountRef: { name: "app", audiences: ["vault"] } } },
    "app vault",
  ],
  "a token of Kubernetes in a Secret": [{ kubernetes: { role: "kms", secretRef: { name: "vault", key: "jwt" } } }],
  "a role's id": [{ appRole: { roleId: "kms", secretRef: { name: "vault", key: "secret" } } }],
  "a role's id in a Secret": [
    { appRole: { roleRef: { name: "vault", key: "role" }, secretRef: { name: "vault", key: "secret" } } },
  ],
  "a JWT": [
    { jwt: { path: "kubernetes", role: "kms", kubernetesServiceAccountToken: { serviceAccountRef: { name: "app" } } } },
    "app vault",
  ],
  "a JWT in a Secret": [{ jwt: { path: "kubernetes", role: "kms", secretRef: { name: "vault", key: "jwt" } } }],
};

for (const [what, [auth, ...tokens]] of Object.entries(vaultAuths))
  test(`a store of Vault is known by ${what}`, async (t) => {
    const fake = await FakeVault.start(t);
    fake.secrets.set("app/db", [{ user: "ann" }]);
    fake.namespace = "team";
    const vault = { server: fake.url, path: "/kv/", namespace: "team", auth };
    const store = await open(t, { vault }, { now: () => fake.now });
    assert.equal(await store.read("app/db"), '{"user":"ann"}');
    assert.equal(await store.read("none"), undefined);
    assert.deepEqual(store.asked, tokens);
  });

test("a store of AWS is known by keys of a Secret, by its account's role, or is lent the program's own", async (t) => {
  const fake = await FakeAws.start(t);
  fake.secrets.set("db", { SecretString: "canary" });
  const keys = {
    accessKeyIDSecretRef: { name: "aws", key: "id" },
    secretAccessKeySecretRef: { name: "aws", key: "key" },
  };
  const base = { service: "SecretsManager", region: regionOfTests };
  const place = { AWS_ENDPOINT_URL: fake.url };
  const more = { environment: place, now: () => fake.now };
  const named = await open(t, { aws: { ...base, auth: { secretRef: keys } } }, more);
  assert.equal(await named.read("db"), "canary");
  const account = await open(t, { aws: { ...base, auth: { jwt: { serviceAccountRef: { name: "app" } } } } }, more);
  assert.equal(await account.read("db"), "canary");
  assert.deepEqual(account.asked, ["app sts.amazonaws.com"]);
  const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = awsKeysOfTests;
  const environment = { ...place, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
  const lent = await open(t, { aws: base }, { ...more, environment, lendsOwn: true });
  assert.equal(await lent.read("db"), "canary");
  await assert.rejects(
    open(t, { aws: base }, { ...more, environment }),
    /^SourceError: spec.provider.aws.auth: needed;/,
  );
});

test("a store of Azure is known by a client's secret, by its account, or is lent the machine's identity", async (t) => {
  const fake = await FakeAzure.start(t);
  fake.secrets.set("db", "canary");
  const environment = { AZURE_AUTHORITY_HOST: fake.url, AZURE_POD_IDENTITY_AUTHORITY_HOST: fake.url };
  const base = { vaultUrl: fake.url, tenantId: "tenant-1" };
  const authSecretRef = { clientId: { name: "azure", key: "id" }, clientSecret: { name: "azure", key: "secret" } };
  const named = await open(t, { azurekv: { ...base, authSecretRef } }, { environment });
  assert.equal(await named.read("db"), "canary");
  const workload = { authType: "WorkloadIdentity", serviceAccountRef: { name: "app" } } as const;
  const account = await open(t, { azurekv: { vaultUrl: fake.url, ...workload } }, { environment });
  assert.equal(await account.read("db"), "canary");
  assert.deepEqual(account.asked, ["app api://AzureADTokenExchange"]);
  const managed = { azurekv: { ...base, authType: "ManagedIdentity" } } as const;
  assert.equal(await (await open(t, managed, { environment, lendsOwn: true })).read("db"), "canary");
  await assert.rejects(open(t, managed, { environment }), /the machine's identity is not for this store$/);
});

test("a key of a Secret that is not there is told when it is needed, and nothing else", async (t) => {
  const vault = { server: "http://127.0.0.1:1", path: "kv", auth: { tokenSecretRef: { name: "none" } } };
  const store = await open(t, { vault });
  await assert.rejects(store.read("db"), new SourceError("there is no none/token"));
});
