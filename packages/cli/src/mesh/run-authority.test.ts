import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client, kubeconfigConnection, unlessGone } from "@sallyport/cluster";
import type { KubeObject } from "@sallyport/kube";
import type { WatchedSource } from "@sallyport/mesh/identity";
import { askCertificate, authoritySource } from "@sallyport/mesh/identity/client";
import { openGatehouse } from "../gatehouse.ts";
import { authorityManifests, authorityName } from "./authority-manifests.ts";
import { type AuthorityFlags, runAuthority } from "./run-authority.ts";

const flags = {
  trustDomain: "cluster.local",
  listen: "127.0.0.1:0",
  dnsNames: "ca.mesh.svc, localhost",
  audience: "istio-ca",
  life: "24h",
  longestLife: "2160h",
  rootPropagation: "24h",
  configMap: "istio-ca-root-cert",
  http: "127.0.0.1:0",
};

/** A cluster with the namespace shop and its account cart. */
async function bedFor(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-mesh-ca-"));
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain: {},
    onFault: assert.ifError,
  });
  const kubeconfig = gatehouse.kubeconfigFile;
  const client = new Client(kubeconfigConnection(kubeconfig, { environment: {}, now: Date.now }));
  t.after(async () => {
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const make = (path: string, name: string, more: object = {}) =>
    client.ask(path, { method: "POST", body: { metadata: { name }, ...more } });
  for (const name of ["shop", "mesh"]) await make("/api/v1/namespaces", name);
  await make("/api/v1/namespaces/shop/serviceaccounts", "cart");
  const said: string[] = [];
  const start = async (over: Partial<AuthorityFlags> = {}) => {
    const running = await runAuthority({ ...flags, kubeconfig, ...over }, (text) => void said.push(text));
    t.after(running.close);
    return running;
  };
  const tokenFor = async (audience: string) => {
    const body = { spec: { audiences: [audience] } };
    const path = "/api/v1/namespaces/shop/serviceaccounts/cart/token";
    const answer = await client.ask(path, { method: "POST", body });
    return (answer as { readonly status: { readonly token: string } }).status.token;
  };
  const rootsIn = async (namespace: string): Promise<string | undefined> => {
    const found = (await unlessGone(client.ask(`/api/v1/namespaces/${namespace}/configmaps/${flags.configMap}`))) as
      | (KubeObject & { readonly data?: { readonly [key: string]: string } })
      | undefined;
    return found?.data?.["root-cert.pem"];
  };
  return { folder, client, make, said, start, tokenFor, rootsIn };
}

async function eventually<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  for (let tries = 0; tries < 500; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it did not come");
}

function sourceOf(port: number, roots: string, token: string): WatchedSource {
  return authoritySource({
    ask: (csr, lifeMs) =>
      askCertificate({
        address: `127.0.0.1:${port}`,
        serverName: "ca.mesh.svc",
        roots,
        token,
        csr,
        lifeMs,
        timeoutMs: 10_000,
      }),
    roots: async () => roots,
    lifeMs: 3600_000,
    now: Date.now,
    random: Math.random,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      }),
    say: () => {},
  });
}

test("a pod's token gets its account's certificate of the mesh's authority, by the roots of its namespace's ConfigMap", async (t) => {
  const { start, tokenFor, rootsIn, said } = await bedFor(t);
  const { port, httpUrl } = await start({ secret: "mesh/cacerts" });
  const roots = await eventually(() => rootsIn("shop"));
  const source = sourceOf(port, roots, await tokenFor("istio-ca"));
  t.after(() => source.close());
  const certificate = await eventually(async () => source.current);
  assert.equal(certificate.id, "spiffe://cluster.local/ns/shop/sa/cart");
  assert.deepEqual(certificate.bundles.get("cluster.local"), [roots]);
  const text = async (path: string) => (await fetch(`${httpUrl}${path}`)).text();
  assert.equal(await text("/readyz"), "ok\n");
  assert.match(await text("/metrics"), /call_duration_seconds_count\{code="OK"\} 1\n/);
  const guessed = sourceOf(port, roots, await tokenFor("vault"));
  t.after(() => guessed.close());
  await eventually(async () => (guessed.isRefused ? true : undefined));
  assert.match(guessed.fault ?? "", /UNAUTHENTICATED: the token was refused$/);
  assert.ok(
    said.some((line) => line.startsWith("UNAUTHENTICATED nobody: ")),
    said.join("\n"),
  );
});

test("the authority in a Secret is the same for the next that is started, and for one beside it", async (t) => {
  const { start, client, rootsIn } = await bedFor(t);
  const [first, second] = await Promise.all([start({ secret: "mesh/cacerts" }), start({ secret: "mesh/cacerts" })]);
  const roots = await eventually(() => rootsIn("shop"));
  await first.close();
  await start({ secret: "mesh/cacerts" });
  assert.equal(await rootsIn("shop"), roots);
  const secret = (await client.ask("/api/v1/namespaces/mesh/secrets/cacerts")) as {
    readonly data: { readonly [key: string]: string };
  };
  assert.equal(Buffer.from(secret.data["root-cert.pem"] ?? "", "base64").toString(), roots);
  assert.ok(second.port > 0);
});

test("a change of the root that is asked for is in every namespace; a new one and one that lost it get it too", async (t) => {
  const { start, client, make, rootsIn, folder } = await bedFor(t);
  const files = join(folder, "ca");
  await (await start({ folder: files })).close();
  await start({ folder: files, rotateRoot: true });
  const both = readFileSync(join(files, "root-cert.pem"), "utf8");
  assert.equal(both.match(/BEGIN CERTIFICATE/g)?.length, 2);
  const has = (namespace: string) => eventually(async () => ((await rootsIn(namespace)) === both ? true : undefined));
  await has("shop");
  await make("/api/v1/namespaces", "late");
  await has("late");
  const path = `/api/v1/namespaces/shop/configmaps/${flags.configMap}`;
  await client.ask(path, { method: "DELETE" });
  await has("shop");
  const body = { data: { "root-cert.pem": "mine" } };
  await client.ask(path, { method: "PATCH", type: "application/merge-patch+json", body });
  await has("shop");
});

test("the account of the printed manifests may do all that is done, and read no other Secret", async (t) => {
  const { client, start, folder, rootsIn, make, tokenFor } = await bedFor(t);
  const objects = authorityManifests({
    namespace: "mesh",
    secret: "cacerts",
    image: "x",
    args: [],
  }) as readonly KubeObject[];
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const homes: { readonly [kind: string]: string } = {
    ServiceAccount: "/api/v1/namespaces/mesh/serviceaccounts",
    ClusterRole: `${rbac}/clusterroles`,
    ClusterRoleBinding: `${rbac}/clusterrolebindings`,
    Role: `${rbac}/namespaces/mesh/roles`,
    RoleBinding: `${rbac}/namespaces/mesh/rolebindings`,
    Service: "/api/v1/namespaces/mesh/services",
    Deployment: "/apis/apps/v1/namespaces/mesh/deployments",
  };
  for (const body of objects.filter(({ kind }) => kind !== "Namespace"))
    await client.ask(homes[body.kind] as string, { method: "POST", body });
  const path = `/api/v1/namespaces/mesh/serviceaccounts/${authorityName}/token`;
  const { status } = (await client.ask(path, { method: "POST", body: { spec: {} } })) as {
    readonly status: { readonly token: string };
  };
  const config = JSON.parse(readFileSync(join(folder, "kubeconfig"), "utf8"));
  config.users[0].user = { token: status.token };
  const kubeconfig = join(folder, "account");
  writeFileSync(kubeconfig, JSON.stringify(config));
  const { port } = await start({ kubeconfig, secret: "mesh/cacerts", rotateRoot: true });
  const roots = await eventually(() => rootsIn("shop"));
  assert.equal(roots.match(/BEGIN CERTIFICATE/g)?.length, 2);
  const source = sourceOf(port, roots, await tokenFor("istio-ca"));
  t.after(() => source.close());
  await eventually(async () => source.current);
  await make("/api/v1/namespaces/mesh/secrets", "other");
  const account = new Client(kubeconfigConnection(kubeconfig, { environment: {}, now: Date.now }));
  t.after(() => account.close());
  await assert.rejects(account.ask("/api/v1/namespaces/mesh/secrets/other"), /forbidden/);
});

const refused: readonly (readonly [string, Partial<AuthorityFlags>, RegExp])[] = [
  ["two places", { folder: "a", secret: "b/c" }, /^--folder and --secret: expected one/],
  ["a secret without its namespace", { secret: "cacerts" }, /^--secret cacerts: expected NAMESPACE\/NAME/],
  ["no trust domain", { folder: "a", trustDomain: "A b" }, /^--trust-domain A b: /],
  ["a life of nothing", { folder: "a", life: "0" }, /^--life 0: expected a duration from 1m/],
  [
    "a life that is too long",
    { folder: "a", life: "48h", longestLife: "24h" },
    /^--life 48h: longer than --longest-life 24h/,
  ],
  ["names that are none", { folder: "a", dnsNames: "a,,b" }, /^--dns-names a,,b: "" is no name/],
  ["no port", { folder: "a", listen: "here" }, /^--listen here: expected HOST:PORT/],
];

for (const [name, over, message] of refused)
  test(`mesh ca with ${name} is refused in a line`, async () => {
    await assert.rejects(
      runAuthority({ ...flags, kubeconfig: "/nowhere", ...over }, () => {}),
      { name: "UsageError", message },
    );
  });
