import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "@sallyport/cluster";
import type { KubeObject } from "@sallyport/kube";
import { type Identity, identityText, whoCan, worldOf } from "@sallyport/secrets";
import fc from "fast-check";
import { worldOfCluster } from "../../packages/cli/src/secrets/world-live.ts";
import { userOf } from "../../packages/secrets/src/access/brute-force.fixture.ts";
import { randomWorld } from "../../packages/secrets/src/access/random-world.fixture.ts";
import { subjectsOfWorld } from "../../packages/secrets/src/access/who-can.ts";
import { objectsOf, readingOf } from "../../packages/secrets/src/access/world.fixture.ts";
import { type Peer, startSallyport, token } from "../apiserver/peers.ts";
import { startManaged } from "../controllers/manager.ts";

// Whom `secrets who-can` calls a reader by its own rights is whom an API server's authorizer lets read: of worlds as they lie in the server.

const group = "/apis/rbac.authorization.k8s.io/v1";
const homes: { readonly [kind: string]: string } = {
  Role: "roles",
  ClusterRole: "clusterroles",
  RoleBinding: "rolebindings",
  ClusterRoleBinding: "clusterrolebindings",
};
const worlds = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 6);

const servers: { readonly [name: string]: () => Promise<Peer | { readonly missing: string }> } = {
  Sallyport: () =>
    startSallyport(assert.ifError, { controllers: ["kubernetes-service", "clusterrole-aggregation-controller"] }),
  "kube-apiserver": startManaged,
};

for (const [name, start] of Object.entries(servers)) {
  let peer: Peer | { readonly missing: string } = { missing: "not started" };
  before(async () => {
    peer = await start();
  });
  after(() => ("missing" in peer ? undefined : peer.close()));
  test(`who-can: readers by one step are those whom ${name} lets read`, async (t) => {
    if ("missing" in peer) return t.skip(peer.missing);
    const client = new Client({ url: peer.url, token: () => token, insecureSkipTlsVerify: true });
    let asked = 0;
    try {
      for (const place of ["prod", "dev"])
        await client.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name: place } } });
      for (const text of fc.sample(randomWorld, worlds)) asked += await compare(client, text);
    } finally {
      client.close();
    }
    assert.ok(asked > worlds * 10, `${asked} subjects were asked about`);
  });
}

/** Answers about how many subjects both were asked. */
async function compare(client: Client, text: string): Promise<number> {
  const made = objectsOf(text).filter(({ kind }) => homes[kind] !== undefined) as readonly KubeObject[];
  for (const each of made) await client.ask(homeOf(each), { method: "POST", body: each });
  try {
    const world = await settledWorld(client);
    const { subjects } = whoCan(world, readingOf("prod/db"), { paths: 1 });
    const readers = new Set(
      subjects
        .filter(
          ({ paths: [path] }) => path?.steps.length === 1 && ["reading", "masters"].includes(path.steps[0]?.way ?? ""),
        )
        .map(({ subject }) => identityText(subject)),
    );
    const all = subjectsOfWorld(world);
    for (const each of all) {
      const may = await mayRead(client, each);
      assert.equal(readers.has(identityText(each)), may, `${identityText(each)} in\n${text}`);
    }
    return all.length;
  } finally {
    for (const each of made)
      await client.ask(`${homeOf(each)}/${encodeURIComponent(each.metadata.name ?? "")}`, { method: "DELETE" });
  }
}

function homeOf({ kind, metadata: { namespace } }: KubeObject): string {
  return `${group}/${namespace === undefined ? "" : `namespaces/${namespace}/`}${homes[kind]}`;
}

/** As it lies in the server, when ClusterRoles that gather others have done so. */
async function settledWorld(client: Client) {
  for (let tries = 0; ; tries++) {
    const { objects } = await worldOfCluster(client);
    const isGathered = objects.every((each) => {
      const selectors = (each["aggregationRule"] as { clusterRoleSelectors?: Selector[] } | undefined)
        ?.clusterRoleSelectors;
      if (selectors === undefined || !["c1", "c2", "c3"].includes(each.metadata.name ?? "")) return true;
      const parts = objects.filter(
        ({ kind, metadata }) =>
          kind === "ClusterRole" && selectors.some((selector) => isSelected(selector, metadata.labels ?? {})),
      );
      const wanted = parts.filter(({ metadata }) => metadata.name !== each.metadata.name).flatMap(rulesOf);
      return wanted.every((rule) => rulesOf(each).some((own) => JSON.stringify(own) === JSON.stringify(rule)));
    });
    if (isGathered) return worldOf(objects);
    assert.ok(tries < 200, "roles are not gathered");
    await new Promise((done) => setTimeout(done, 50));
  }
}

interface Selector {
  readonly matchLabels?: { readonly [label: string]: string };
}

function isSelected({ matchLabels = {} }: Selector, labels: { readonly [label: string]: string }): boolean {
  return Object.entries(matchLabels).every(([label, value]) => labels[label] === value);
}

function rulesOf(role: { readonly [field: string]: unknown }): readonly unknown[] {
  return (role["rules"] as readonly unknown[] | null | undefined) ?? [];
}

async function mayRead(client: Client, identity: Identity): Promise<boolean> {
  const { username, groups } = userOf(identity);
  const review = async (verb: string, name: string) => {
    const resourceAttributes = { namespace: "prod", verb, version: "v1", resource: "secrets", name };
    const spec = { user: username, groups, resourceAttributes };
    const answer = await client.ask("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      method: "POST",
      body: { spec },
    });
    return (answer as { readonly status: { readonly allowed: boolean } }).status.allowed;
  };
  for (const verb of ["get", "list", "watch", "patch"]) if (await review(verb, "db")) return true;
  return review("deletecollection", "");
}
