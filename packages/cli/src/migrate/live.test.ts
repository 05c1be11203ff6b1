import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client, ConnectionError, kubeconfigConnection } from "@sallyport/cluster";
import { openGatehouse } from "../gatehouse.ts";
import { readLive } from "./live.ts";
import { migratePodSecurityPolicies } from "./migration.ts";

const anyRule = { rule: "RunAsAny" };
const policy = {
  apiVersion: "policy/v1beta1",
  kind: "PodSecurityPolicy",
  metadata: { name: "p" },
  spec: {
    volumes: ["*"],
    seLinux: anyRule,
    runAsUser: { rule: "MustRunAs", ranges: [{ min: 1000, max: 2000 }] },
    supplementalGroups: anyRule,
    fsGroup: anyRule,
  },
};
const role = {
  metadata: { name: "psp" },
  rules: [{ apiGroups: ["policy"], resources: ["podsecuritypolicies"], resourceNames: ["p"], verbs: ["use"] }],
};
const binding = {
  metadata: { name: "psp" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "psp" },
  subjects: [{ kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:serviceaccounts:default" }],
};
const template = { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "app", image: "app:1" }] } };
const deployment = { metadata: { name: "web" }, spec: { selector: { matchLabels: { a: "b" } }, template } };

/** A server with or without PodSecurityPolicies, and a client of it. */
async function withServer(enable: readonly string[], run: (client: Client) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-migrate-"));
  const base = { folder, host: "127.0.0.1", port: 0, memory: true, chain: { enable } };
  const gatehouse = await openGatehouse({ ...base, onFault: assert.ifError });
  const client = new Client(kubeconfigConnection(gatehouse.kubeconfigFile, { environment: {}, now: Date.now }));
  try {
    await run(client);
  } finally {
    client.close();
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("migrate psp: a cluster is read: what its controllers made belongs to the Deployment", async () => {
  await withServer(["PodSecurityPolicy"], async (client) => {
    const post = (path: string, body: object) => client.ask(path, { method: "POST", body });
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    await post("/apis/policy/v1beta1/podsecuritypolicies", policy);
    await post(`${rbac}/clusterroles`, role);
    await post(`${rbac}/clusterrolebindings`, binding);
    await post("/apis/apps/v1/namespaces/default/deployments", deployment);
    while ((await client.page("/api/v1/pods", {})).items.length === 0)
      await new Promise((done) => setTimeout(done, 20));
    const migration = await migratePodSecurityPolicies(await readLive(client, "cluster"), {
      as: "map",
      user: { username: "jane", groups: [] },
      namespace: "default",
      version: "latest",
    });
    const proofs = migration.namespaces.flatMap(({ workloads }) => workloads);
    assert.deepEqual(
      proofs.map(({ kind, name: of, before, mutation }) => [kind, of, before.policy, mutation]),
      [["Deployment", "web", "p", "equal"]],
    );
    assert.deepEqual(migration.policies[0]?.sets, ["containers' runAsUser: 1000"]);
  });
});

test("migrate psp: a cluster without PodSecurityPolicies says so", async () => {
  await withServer([], (client) =>
    assert.rejects(readLive(client, "cluster"), /^InputError: cluster: no PodSecurityPolicies are served there/),
  );
});

test("migrate psp: a cluster that is away", async () => {
  const client = new Client({ url: "http://127.0.0.1:1" });
  await assert.rejects(readLive(client, "cluster"), (error: unknown) => error instanceof ConnectionError);
});
