import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, ConnectionError, kubeconfigConnection } from "@sallyport/cluster";
import { identityText, type Question, type SubjectPaths, whoCan, worldOf } from "@sallyport/secrets";
import { openGatehouse } from "../gatehouse.ts";
import { worldOfCluster } from "./world-live.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/prod";
const question: Question = { verb: "get", group: "", resource: "secrets", name: "db", namespace: "prod" };

/** Accounts of `prod`, each with one rule: the verbs of `secrets`, or of another resource. */
const accounts: { readonly [name: string]: { readonly resource: string; readonly verbs: readonly string[] } } = {
  getter: { resource: "secrets", verbs: ["get"] },
  lister: { resource: "secrets", verbs: ["list"] },
  patcher: { resource: "secrets", verbs: ["patch"] },
  sweeper: { resource: "secrets", verbs: ["deletecollection"] },
  runner: { resource: "pods", verbs: ["create"] },
  token: { resource: "serviceaccounts/token", verbs: ["create"] },
  viewer: { resource: "pods", verbs: ["get", "list", "watch"] },
};

/** How each of them comes to the secret; nothing for who does not. */
const expected: { readonly [name: string]: string } = {
  getter: "reading",
  lister: "reading",
  patcher: "reading",
  sweeper: "reading",
  runner: "own-pods > own-pods",
  token: "token-requests > reading",
};

async function withCluster(run: (client: Client, as: (token: string) => Client) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-who-can-"));
  const base = { folder, host: "127.0.0.1", port: 0, memory: true, chain: {} };
  const gatehouse = await openGatehouse({ ...base, onFault: assert.ifError });
  const connection = kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now });
  const { cert: _, key: _key, ...anonymous } = connection;
  const clients = [new Client(connection)];
  const as = (token: string) => {
    const client = new Client({ ...anonymous, token: async () => token });
    clients.push(client);
    return client;
  };
  try {
    await run(clients[0] as Client, as);
  } finally {
    for (const client of clients) client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const post = (client: Client, path: string, body: object) => client.ask(path, { method: "POST", body });

async function fill(client: Client): Promise<void> {
  await post(client, "/api/v1/namespaces", { metadata: { name: "prod" } });
  await post(client, "/api/v1/namespaces/prod/secrets", { metadata: { name: "db" }, stringData: { a: "canary" } });
  for (const [name, { resource, verbs }] of Object.entries(accounts)) {
    await post(client, "/api/v1/namespaces/prod/serviceaccounts", { metadata: { name } });
    await post(client, `${rbac}/roles`, {
      metadata: { name },
      rules: [{ apiGroups: [""], resources: [resource], verbs }],
    });
    await post(client, `${rbac}/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: "prod" }],
    });
  }
}

/** `kubectl auth can-i`, by the account's own token. */
async function canI(client: Client, verb: string): Promise<boolean> {
  const answer = (await post(client, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
    spec: { resourceAttributes: { verb, resource: "secrets", namespace: "prod", name: "db" } },
  })) as { readonly status?: { readonly allowed?: boolean } };
  return answer.status?.allowed === true;
}

async function tokenOf(client: Client, name: string): Promise<string> {
  const path = `/api/v1/namespaces/prod/serviceaccounts/${name}/token`;
  const { status } = (await post(client, path, { spec: {} })) as { readonly status: { readonly token: string } };
  return status.token;
}

const waysOf = ({ paths }: SubjectPaths) => paths[0]?.steps.map(({ way }) => way).join(" > ");

test("who-can of a cluster: as its own authorizer has it, and its answers", async () => {
  await withCluster(async (client, as) => {
    await fill(client);
    const { objects, notes } = await worldOfCluster(client);
    assert.deepEqual(notes, []);
    assert.doesNotMatch(JSON.stringify(objects), /canary|Y2FuYXJ5/);
    const { subjects } = whoCan(worldOf(objects), question);
    const found = new Map(subjects.map((each) => [identityText(each.subject), each]));
    for (const name of Object.keys(accounts)) {
      const paths = found.get(`ServiceAccount prod/${name}`);
      assert.equal(paths === undefined ? undefined : waysOf(paths), expected[name], name);
      const self = as(await tokenOf(client, name));
      const verbs = ["get", "list", "watch", "patch", "deletecollection"];
      const allowed = await Promise.all(verbs.map((verb) => canI(self, verb)));
      assert.equal(allowed.includes(true), expected[name] === "reading", name);
    }
  });
});

test("who-can: the answers to an empty patch and to a deletion of all have the value", async () => {
  await withCluster(async (client, as) => {
    await fill(client);
    const secrets = "/api/v1/namespaces/prod/secrets";
    const patch = { method: "PATCH", body: {}, type: "application/merge-patch+json" };
    const patched = await as(await tokenOf(client, "patcher")).ask(`${secrets}/db`, patch);
    assert.match(JSON.stringify(patched), /Y2FuYXJ5/);
    const swept = await as(await tokenOf(client, "sweeper")).ask(secrets, { method: "DELETE" });
    assert.match(JSON.stringify(swept), /Y2FuYXJ5/);
  });
});

test("who-can of a cluster that does not let us read all: what is missing is told, and RBAC itself is needed", async () => {
  await withCluster(async (client, as) => {
    await fill(client);
    await post(client, "/apis/rbac.authorization.k8s.io/v1/clusterroles", {
      metadata: { name: "auditor" },
      rules: [{ apiGroups: ["rbac.authorization.k8s.io"], resources: ["*"], verbs: ["list"] }],
    });
    const viewer = as(await tokenOf(client, "viewer"));
    await assert.rejects(worldOfCluster(viewer), /roles\.rbac\.authorization\.k8s\.io is forbidden/);
    await post(client, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "auditor" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "auditor" },
      subjects: [{ kind: "ServiceAccount", name: "viewer", namespace: "prod" }],
    });
    const { objects, notes } = await worldOfCluster(viewer);
    assert.ok(objects.some(({ kind, metadata }) => kind === "Role" && metadata.name === "getter"));
    assert.match(notes.join("\n"), /^pods are left out: pods is forbidden/m);
    assert.match(notes.join("\n"), /^secrets are left out: secrets is forbidden/m);
  });
});

test("who-can of a cluster that is away", async () => {
  const client = new Client({ url: "http://127.0.0.1:1" });
  await assert.rejects(worldOfCluster(client), (error: unknown) => error instanceof ConnectionError);
});
