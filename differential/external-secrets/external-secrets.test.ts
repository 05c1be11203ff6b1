import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, unlessGone } from "@sallyport/cluster";
import type { KubeObject } from "@sallyport/kube";
import { externalSecretsDefinitions } from "@sallyport/secrets/stores";
import { syncInstallManifests } from "../../packages/cli/src/secrets/external/install-manifests.ts";
import { runExternalSecrets } from "../../packages/cli/src/secrets/external/run-external-secrets.ts";
import { findKubeApiserver, startKubeApiserver, token } from "../apiserver/peers.ts";

// The kinds, the roles and what becomes of ExternalSecrets on a real kube-apiserver, whose managed fields count.

const files = findKubeApiserver();
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const root = "/apis/external-secrets.io/v1/namespaces/shop";
const secrets = "/api/v1/namespaces/shop/secrets";

const homes: { readonly [kind: string]: string } = {
  Namespace: "/api/v1/namespaces",
  ServiceAccount: "/api/v1/namespaces/sync/serviceaccounts",
  ClusterRole: `${rbac}/clusterroles`,
  ClusterRoleBinding: `${rbac}/clusterrolebindings`,
  Role: `${rbac}/namespaces/sync/roles`,
  RoleBinding: `${rbac}/namespaces/sync/rolebindings`,
};

async function until<T>(what: string, look: () => Promise<T>, is: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 1200; tries++) {
    const found = await look();
    if (is(found)) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  return assert.fail(`${what} did not come`);
}

function externalOf(name: string, spec: object): object {
  return {
    apiVersion: "external-secrets.io/v1",
    kind: "ExternalSecret",
    metadata: { name },
    spec: { secretStoreRef: { name: "main" }, ...spec },
  };
}

/** What is made of ExternalSecrets, and what of Secrets that others have. */
async function play(client: Client, folder: string): Promise<void> {
  const post = (path: string, body: object) => client.ask(path, { method: "POST", body });
  const merge = (path: string, body: object) =>
    client.ask(path, { method: "PATCH", type: "application/merge-patch+json", body });
  const data = async (name: string) => {
    const found = (await unlessGone(client.ask(`${secrets}/${name}`))) as
      | { readonly data?: { readonly [key: string]: string } }
      | undefined;
    const pairs = Object.entries(found?.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString(),
    ]);
    return found && Object.fromEntries(pairs);
  };
  const comes = (name: string, wanted: object | undefined) =>
    until(
      `${name} as ${JSON.stringify(wanted)}`,
      () => data(name),
      (found) => JSON.stringify(found) === JSON.stringify(wanted),
    );
  const fromDb = { dataFrom: [{ extract: { key: "db" } }] };
  mkdirSync(join(folder, "shop"));
  writeFileSync(join(folder, "shop", "db"), '{"a":"1","b":"2"}');
  await post(`${root}/secretstores`, {
    apiVersion: "external-secrets.io/v1",
    kind: "SecretStore",
    metadata: { name: "main" },
    spec: { provider: { file: { folder: "." } } },
  });
  await post(secrets, { metadata: { name: "theirs" }, stringData: { own: "x", a: "0" } });
  await post(`${root}/externalsecrets`, externalOf("ours", fromDb));
  await post(
    `${root}/externalsecrets`,
    externalOf("merged", { ...fromDb, target: { name: "theirs", creationPolicy: "Merge" } }),
  );
  await comes("ours", { a: "1", b: "2" });
  await comes("theirs", { a: "1", b: "2", own: "x" });
  // What somebody changes or deletes is made again.
  await merge(`${secrets}/ours`, { stringData: { a: "changed", more: "y" } });
  await comes("ours", { a: "1", b: "2" });
  await client.ask(`${secrets}/ours`, { method: "DELETE" });
  await comes("ours", { a: "1", b: "2" });
  // A key that the store has no more goes where it was ours, and nothing else does.
  writeFileSync(join(folder, "shop", "db"), '{"b":"3"}');
  for (const name of ["ours", "merged"])
    await merge(`${root}/externalsecrets/${name}`, { metadata: { annotations: { again: "1" } } });
  await comes("ours", { b: "3" });
  await comes("theirs", { b: "3", own: "x" });
  await merge(`${root}/externalsecrets/ours`, { spec: { target: { name: "renamed" } } });
  await comes("renamed", { b: "3" });
  await comes("ours", undefined);
  const { status } = (await client.ask(`${root}/externalsecrets/ours`)) as KubeObject;
  const { conditions, binding } = status as {
    readonly conditions: readonly { readonly reason: string }[];
    readonly binding: object;
  };
  assert.deepEqual([conditions[0]?.reason, binding], ["SecretSynced", { name: "renamed" }]);
  await assert.rejects(
    post(`${root}/externalsecrets`, externalOf("bad", { refreshPolicy: "Never" })),
    /spec\.refreshPolicy: Unsupported value: "Never"/,
  );
}

test("ExternalSecrets on a real kube-apiserver, by the printed definitions and roles", {
  skip: "missing" in files ? files.missing : false,
}, async (t) => {
  const peer = await startKubeApiserver(files as Exclude<typeof files, { readonly missing: string }>);
  const folder = mkdtempSync(join(tmpdir(), "sallyport-external-"));
  const client = new Client({ url: peer.url, token: () => token, insecureSkipTlsVerify: true });
  t.after(async () => {
    client.close();
    await peer.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const home = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  for (const body of externalSecretsDefinitions) await client.ask(home, { method: "POST", body });
  for (const { metadata } of externalSecretsDefinitions) {
    const found = await until(
      "a kind",
      () => client.ask(`${home}/${metadata.name}`),
      (each) =>
        /"Established","status":"True"|"status":"True","type":"Established"/.test(JSON.stringify(each)) ||
        JSON.stringify(each).includes('"reason":"InitialNamesAccepted"'),
    );
    assert.ok(!JSON.stringify(found).includes("NonStructuralSchema"));
  }
  const manifests = syncInstallManifests({ namespace: "sync", image: "i", args: [] }) as readonly KubeObject[];
  await client.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name: "shop" } } });
  for (const each of manifests.filter(({ kind }) => kind !== "Deployment"))
    await client.ask(homes[each.kind] as string, { method: "POST", body: each });
  const account = "/api/v1/namespaces/sync/serviceaccounts/sallyport-secrets-sync/token";
  const answer = (await client.ask(account, { method: "POST", body: { spec: {} } })) as {
    readonly status: { readonly token: string };
  };
  await until(
    "the kinds",
    () =>
      client.ask(`${root}/externalsecrets`).then(
        () => true,
        () => false,
      ),
    Boolean,
  );
  const said: string[] = [];
  const running = await runExternalSecrets({
    connection: { url: peer.url, token: () => answer.status.token, insecureSkipTlsVerify: true },
    controllerClass: "default",
    fileRoot: folder,
    lendsOwn: false,
    timeoutMs: 5_000,
    say: (text) => void said.push(text),
  });
  try {
    await play(client, folder);
  } catch (error) {
    throw new Error(`${(error as Error).message}; said: ${said.join("; ")}`, { cause: error });
  } finally {
    await running.close();
  }
  assert.ok(!said.some((each) => /forbidden|cannot/.test(each)), said.join("; "));
});
