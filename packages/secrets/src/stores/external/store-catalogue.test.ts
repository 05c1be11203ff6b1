import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SourceError } from "../../source-error.ts";
import type { StoreContext } from "../store-context.ts";
import { ExternalSecretError, type StoreRef } from "./external-secret.ts";
import { StoreCatalogue, type StoreObject } from "./store-catalogue.ts";

const none = () => Promise.reject(new SourceError("there is no such Secret"));

const context: StoreContext = {
  environment: {},
  timeoutMs: 1_000,
  now: () => 0,
  credentials: { secret: none, certificates: none, accountToken: none, accountAnnotations: none },
  files: undefined,
  lendsOwn: false,
  openNamespace: () => Promise.reject(new Error("not asked here")),
};

/** A store of this namespace, of the cluster without one. */
function storeOf(name: string, namespace: string | undefined, spec: object): StoreObject {
  return { metadata: { name, ...(namespace && { namespace }) }, spec: spec as StoreObject["spec"] };
}

const fake = (value: string) => ({ provider: { fake: { data: [{ key: "a", value }] } } });

function catalogue(fileRoot?: string): StoreCatalogue {
  return new StoreCatalogue({
    controllerClass: "ours",
    contextOf: ({ metadata: { namespace } }) => ({
      ...context,
      files: fileRoot === undefined ? undefined : { folder: fileRoot, ...(namespace !== undefined && { namespace }) },
    }),
    namespaceLabels: async (namespace) => ({ name: namespace }),
    sleep: async () => assert.fail("nothing is asked so often"),
    now: () => 0,
  });
}

async function readFrom(stores: StoreCatalogue, ref: StoreRef, namespace = "shop"): Promise<string> {
  const found = await (await stores.storesFor(namespace)(ref)).read("a", undefined);
  return Buffer.from(found?.value ?? []).toString();
}

const refused = (asked: Promise<unknown>, fault: string) => assert.rejects(asked, new ExternalSecretError(fault));

test("stores are those of the namespace, or of the cluster, as they are now", async () => {
  const stores = catalogue();
  assert.ok(stores.see(storeOf("main", "shop", fake("one"))));
  assert.ok(stores.see(storeOf("main", undefined, fake("all"))));
  assert.equal(await readFrom(stores, { name: "main" }), "one");
  assert.equal(await readFrom(stores, { name: "main", kind: "ClusterSecretStore" }), "all");
  await refused(readFrom(stores, { name: "main" }, "other"), "there is no SecretStore main");
  assert.ok(!stores.see(storeOf("main", "shop", fake("one"))));
  assert.ok(stores.see(storeOf("main", "shop", fake("two"))));
  assert.equal(await readFrom(stores, { name: "main" }), "two");
  stores.forget(storeOf("main", "shop", {}));
  await refused(readFrom(stores, { name: "main" }), "there is no SecretStore main");
});

test("a store of another controller is left to it", async () => {
  const stores = catalogue();
  stores.see(storeOf("theirs", "shop", { ...fake("x"), controller: "theirs" }));
  stores.see(storeOf("ours", "shop", { ...fake("x"), controller: "ours" }));
  await refused(readFrom(stores, { name: "theirs" }), "SecretStore theirs is for the controller theirs");
  assert.equal(await readFrom(stores, { name: "ours" }), "x");
});

test("a store of the cluster is for the namespaces that it names", async () => {
  const stores = catalogue();
  const only = async (condition: object, namespace: string) => {
    stores.see(storeOf("main", undefined, { ...fake("x"), conditions: [{ namespaces: ["none"] }, condition] }));
    return readFrom(stores, { name: "main", kind: "ClusterSecretStore" }, namespace).catch(({ message }) => message);
  };
  const told = "ClusterSecretStore main is not for namespace b-1";
  assert.equal(await only({ namespaces: ["a-1"] }, "a-1"), "x");
  assert.equal(await only({ namespaceRegexes: ["^a-"] }, "a-1"), "x");
  assert.equal(await only({ namespaceSelector: { matchLabels: { name: "a-1" } } }, "a-1"), "x");
  assert.equal(await only({ namespaces: ["a-1"] }, "b-1"), told);
  assert.equal(await only({ namespaceRegexes: ["^a-"] }, "b-1"), told);
  assert.equal(await only({ namespaceSelector: { matchLabels: { name: "a-1" } } }, "b-1"), told);
});

test("files are read below the folder that was given alone", async (t) => {
  const root = mkdtempSync(join(tmpdir(), "sallyport-file-stores-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, "a"), "canary-all");
  mkdirSync(join(root, "shop"));
  writeFileSync(join(root, "shop", "a"), "canary");
  const stores = catalogue(root);
  const file = (folder: string) => stores.see(storeOf("files", "shop", { provider: { file: { folder } } }));
  file(".");
  assert.equal(await readFrom(stores, { name: "files" }), "canary");
  stores.see(storeOf("files", undefined, { provider: { file: { folder: "." } } }));
  assert.equal(await readFrom(stores, { name: "files", kind: "ClusterSecretStore" }), "canary-all");
  stores.see(storeOf("files", "other", { provider: { file: { folder: "." } } }));
  await refused(
    readFrom(stores, { name: "files" }, "other"),
    "SecretStore files: spec.provider.file: there is no folder other in the one for stores, for the namespace",
  );
  file("../..");
  await refused(
    readFrom(stores, { name: "files" }),
    "SecretStore files: spec.provider.file.folder ../..: lies outside of the folder for stores",
  );
  const without = catalogue();
  without.see(storeOf("files", "shop", { provider: { file: { folder: "." } } }));
  await refused(
    readFrom(without, { name: "files" }),
    "SecretStore files: spec.provider.file: not allowed here; --file-root names the folder that such stores lie in",
  );
});

/** What a provider says, and why it cannot be opened. */
const faults: readonly (readonly [object, string])[] = [
  [{}, "spec.provider: expected one of vault, aws, azurekv, kubernetes, fake, file"],
  [{ gcpsm: {} }, "spec.provider.gcpsm is not supported; vault, aws, azurekv, kubernetes, fake, file are"],
  [
    { vault: { server: "http://vault:8200", path: "kv" } },
    "spec.provider.vault.server http://vault:8200: expected https://HOST",
  ],
  [{ vault: { server: "https://u:canary@vault", path: "kv" } }, "spec.provider.vault.server: expected https://HOST"],
  [{ vault: { server: "https://vault" } }, "spec.provider.vault.path: needed, where the KV engine is mounted"],
  [
    { vault: { server: "https://vault", path: "kv" } },
    "spec.provider.vault.auth: expected one of tokenSecretRef, kubernetes, appRole and jwt",
  ],
  [
    { vault: { server: "https://vault", path: "kv", caBundle: "Y2FuYXJ5", auth: { tokenSecretRef: {} } } },
    "spec.provider.vault.caBundle: expected certificates in PEM",
  ],
  [
    { aws: { service: "ParameterStore", region: "eu-west-1" } },
    "spec.provider.aws.service ParameterStore: expected SecretsManager; no other is supported",
  ],
  [
    { aws: { service: "SecretsManager", region: "eu-west-1" } },
    "spec.provider.aws.auth: needed; this program's own credentials are not for this store",
  ],
  [
    { aws: { service: "SecretsManager", region: "evil.example/x" } },
    "spec.provider.aws.region evil.example/x: expected one such as eu-west-1",
  ],
  [
    { azurekv: { vaultUrl: "https://n.vault.azure.net", authType: "ManagedIdentity" } },
    "spec.provider.azurekv.authType ManagedIdentity: the machine's identity is not for this store",
  ],
  [
    { azurekv: { vaultUrl: "https://n.vault.azure.net" } },
    "spec.provider.azurekv: tenantId, authSecretRef.clientId and authSecretRef.clientSecret are needed",
  ],
  [
    { kubernetes: {} },
    "spec.provider.kubernetes.auth: expected serviceAccount, token.bearerToken, or cert with both of its parts",
  ],
];

for (const [provider, fault] of faults)
  test(`a store that cannot be opened is told by its field: ${fault}`, async () => {
    const stores = catalogue();
    const store = storeOf("main", "shop", { provider });
    stores.see(store);
    assert.equal((await stores.faultOf(store))?.message, fault);
    await refused(readFrom(stores, { name: "main" }), `SecretStore main: ${fault}`);
  });
