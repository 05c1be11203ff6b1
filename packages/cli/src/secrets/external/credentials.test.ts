import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Client } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import { SourceError } from "@sallyport/secrets/stores";
import { clusterCredentials } from "./cluster-credentials.ts";
import { folderCredentials } from "./folder-credentials.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Objects by their paths, and what was asked for. */
function clusterOf(objects: { readonly [path: string]: object }): {
  readonly client: Client;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const ask = async (path: string, { body }: { readonly body?: object } = {}) => {
    asked.push(body === undefined ? path : `${path} ${JSON.stringify(body)}`);
    const found = objects[path];
    if (found === undefined) throw new StatusError("NotFound", "not found");
    return found;
  };
  return { client: { ask } as unknown as Client, asked };
}

const home = "/api/v1/namespaces";
const objects = {
  [`${home}/shop/secrets/vault`]: { metadata: {}, data: { token: base64("canary\n"), empty: "" } },
  [`${home}/ops/secrets/vault`]: { metadata: {}, data: { token: base64("canary-ops") } },
  [`${home}/shop/configmaps/ca`]: { metadata: {}, data: { "ca.crt": "PEM" } },
  [`${home}/shop/serviceaccounts/app`]: { metadata: { annotations: { a: "b" } } },
  [`${home}/shop/serviceaccounts/app/token`]: { status: { token: "canary-token" } },
};

test("a store of a namespace has the credentials of its own namespace, whatever it names", async () => {
  const { client, asked } = clusterOf(objects);
  const own = clusterCredentials(client, { own: "shop", asking: "shop" });
  assert.equal(await own.secret({ name: "vault", key: "token", namespace: "ops" }), "canary");
  assert.equal(await own.certificates({ type: "ConfigMap", name: "ca", namespace: "ops" }), "PEM");
  assert.deepEqual(await own.accountAnnotations({ name: "app", namespace: "ops" }), { a: "b" });
  assert.equal(await own.accountToken({ name: "app", namespace: "ops" }, ["vault"]), "canary-token");
  assert.ok(asked.every((path) => path.startsWith(`${home}/shop/`)));
  assert.match(asked.at(-1) ?? "", /"spec":\{"expirationSeconds":600,"audiences":\["vault"\]\}/);
});

test("a store of the cluster has those of the namespace that it names, else of who asks", async () => {
  const shared = clusterCredentials(clusterOf(objects).client, { own: undefined, asking: "shop" });
  assert.equal(await shared.secret({ name: "vault", key: "token", namespace: "ops" }), "canary-ops");
  assert.equal(await shared.secret({ name: "vault", key: "token" }), "canary");
});

test("credentials that are not there are told by their places", async () => {
  const own = clusterCredentials(clusterOf(objects).client, { own: "shop", asking: "shop" });
  const refused = (asked: Promise<unknown>, fault: string) => assert.rejects(asked, new SourceError(fault));
  await refused(own.secret({ name: "none", key: "k" }), "there is no Secret shop/none");
  await refused(own.secret({ name: "vault", key: "k" }), "Secret shop/vault has no key k, or nothing in it");
  await refused(own.secret({ name: "vault", key: "empty" }), "Secret shop/vault has no key empty, or nothing in it");
  await refused(own.secret({ name: "vault" }), "a reference to a Secret: name and key are needed");
  await refused(own.certificates({ type: "ConfigMap", name: "ca", key: "k" }), "ConfigMap shop/ca has no key k");
  await refused(own.accountAnnotations({ name: "none" }), "there is no ServiceAccount shop/none");
});

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-credentials-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "vault"));
  writeFileSync(join(folder, "vault", "token"), "canary\n");
  writeFileSync(join(folder, "vault", "empty"), "\n");
  return folder;
}

test("a pod's credentials are files named as Secrets and their keys, and nothing outside of them", async (t) => {
  const folder = folderFor(t);
  const tokenFile = join(folder, "vault", "token");
  const own = folderCredentials({ folder, tokenFile, annotations: { a: "b" } });
  assert.equal(await own.secret({ name: "vault", key: "token" }), "canary");
  assert.equal(await own.accountToken({ name: "any" }, []), "canary");
  assert.deepEqual(await own.accountAnnotations({ name: "any" }), { a: "b" });
  const refused = (asked: Promise<unknown>, fault: string) => assert.rejects(asked, new SourceError(fault));
  await refused(own.secret({ name: "vault", key: "none" }), `${folder}/vault/none: no such file or directory`);
  await refused(own.secret({ name: "vault", key: "empty" }), `${folder}/vault/empty: the file is empty`);
  for (const ref of [{ name: "..", key: "token" }, { name: "vault", key: "../token" }, { name: "vault" }])
    await refused(own.secret(ref), "a reference to a Secret: name and key are needed");
  const without = folderCredentials({ folder: undefined, tokenFile, annotations: {} });
  await refused(
    without.secret({ name: "vault", key: "token" }),
    "--credentials: needed, the folder that the store's Secrets are mounted in",
  );
});
