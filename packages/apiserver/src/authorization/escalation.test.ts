import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bed, withServer } from "../server.fixture.ts";

const base = "/apis/rbac.authorization.k8s.io/v1";
const rbac = "rbac.authorization.k8s.io";
const joe = { anonymous: true, headers: { authorization: "Bearer joe-token" } } as const;
const tokens = [{ token: "joe-token", user: { username: "joe", groups: ["dev"] } }];

/** `apiGroup:resource[=name]:verb,verb`, or `/path:verb`. */
function rule(text: string): object {
  const [place = "", second = "", third] = text.split(":");
  if (third === undefined) return { nonResourceURLs: [place], verbs: second.split(",") };
  const [resource, name] = second.split("=");
  const names = name === undefined ? {} : { resourceNames: name.split(",") };
  return { apiGroups: [place], resources: resource?.split(","), verbs: third.split(","), ...names };
}

const role = (name: string, ...rules: string[]) => ({ metadata: { name }, rules: rules.map(rule) });
const binding = (name: string, kind: string, to: string) => ({
  metadata: { name },
  roleRef: { apiGroup: rbac, kind, name: to },
  subjects: [{ apiGroup: rbac, kind: "User", name: "joe" }],
});

/** What joe holds beside the right to write roles and bindings. */
const held = [
  `${rbac}:*:create,update,patch`,
  ":pods:get,list",
  "apps:*:*",
  "/foo/*:get",
  `${rbac}:clusterroles=view:bind`,
];

async function withJoe(run: (bed: Bed) => Promise<void>): Promise<void> {
  await withServer(
    async (bed) => {
      await bed.call(`${base}/clusterroles`, { body: role("joes", ...held) });
      await bed.call(`${base}/clusterrolebindings`, { body: binding("joes", "ClusterRole", "joes") });
      await run(bed);
    },
    { authentication: { tokens } },
  );
}

const attempt = `user "joe" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n`;

const cases: readonly (readonly [what: string, path: string, body: object, refusal: string | undefined])[] = [
  [
    "rules that are held",
    "clusterroles",
    role("a", ":pods:get,list", "apps:deployments/scale:get", "/foo/bar:get"),
    undefined,
  ],
  [
    "some verbs and a resource that are not",
    "clusterroles",
    role("a", ":pods,secrets:get,watch,list"),
    `{APIGroups:[""], Resources:["pods"], Verbs:["watch"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "watch" "list"]}`,
  ],
  [
    "everything",
    "clusterroles",
    role("a", "*:*:*", "*:*"),
    `{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}`,
  ],
  [
    "names, each told alone",
    "clusterroles",
    role("a", ":secrets=b,a:get,update"),
    `{APIGroups:[""], Resources:["secrets"], ResourceNames:["a"], Verbs:["get" "update"]}\n{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get" "update"]}`,
  ],
  ["paths", "clusterroles", role("a", "/foo/bar:post"), `{NonResourceURLs:["/foo/bar"], Verbs:["post"]}`],
  [
    "a role of a namespace",
    "namespaces/default/roles",
    role("a", ":secrets:get"),
    `{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`,
  ],
  [
    "a binding to what is not held",
    "clusterrolebindings",
    binding("a", "ClusterRole", "cluster-admin"),
    `{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}`,
  ],
  ["a binding to what may be bound", "namespaces/default/rolebindings", binding("a", "ClusterRole", "view"), undefined],
  ["a binding to what is held", "namespaces/default/rolebindings", binding("a", "ClusterRole", "joes"), undefined],
];

for (const [what, path, body, missing] of cases) {
  test(`writing RBAC: ${what}`, () =>
    withJoe(async ({ call }) => {
      const { code, body: answer } = await call(`${base}/${path}`, { body, ...joe });
      const resource = path.split("/").at(-1);
      if (missing === undefined) assert.deepEqual([code, answer.message], [201, undefined]);
      else
        assert.deepEqual([code, answer.message], [403, `${resource}.${rbac} "a" is forbidden: ${attempt}${missing}`]);
    }));
}

test("writing RBAC: patches, updates, aggregation and missing roles are looked at as well", () =>
  withJoe(async ({ call }) => {
    await call(`${base}/clusterroles`, { body: role("a", "apps:deployments:get"), ...joe });
    const patch = (body: object) =>
      call(`${base}/clusterroles/a`, { method: "PATCH", body, type: "application/merge-patch+json", ...joe });
    assert.equal((await patch({ rules: [rule("batch:jobs:get")] })).code, 403);
    assert.equal((await patch({ metadata: { labels: { x: "y" } } })).code, 200);
    const put = await call(`${base}/clusterroles/a`, { method: "PUT", body: role("a", "batch:jobs:get"), ...joe });
    assert.equal(put.code, 403);
    const gathering = {
      metadata: { name: "b" },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { x: "y" } }] },
    };
    const { body } = await call(`${base}/clusterroles`, { body: gathering, ...joe });
    assert.equal(
      body.message,
      `clusterroles.${rbac} "b" is forbidden: must have cluster-admin privileges to use the aggregationRule`,
    );
    const lost = await call(`${base}/clusterrolebindings`, { body: binding("c", "ClusterRole", "nix"), ...joe });
    assert.deepEqual([lost.code, lost.body.message], [404, `clusterrolebindings.${rbac} "nix" not found`]);
  }));

test("writing RBAC: escalate lets a user write any rule", () =>
  withJoe(async ({ call }) => {
    await call(`${base}/clusterroles`, { body: role("escalators", `${rbac}:clusterroles:escalate`) });
    await call(`${base}/clusterrolebindings`, { body: binding("escalators", "ClusterRole", "escalators") });
    assert.equal((await call(`${base}/clusterroles`, { body: role("a", "*:*:*"), ...joe })).code, 201);
    assert.equal((await call(`${base}/namespaces/default/roles`, { body: role("a", "*:*:*"), ...joe })).code, 403);
  }));

test("a role with an aggregationRule has the rules of those it selects, also later ones", () =>
  withServer(async ({ call }) => {
    const rulesOf = async (name: string) => (await call(`${base}/clusterroles/${name}`)).body.rules as object[];
    assert.ok((await rulesOf("view")).length > 5);
    assert.ok((await rulesOf("admin")).length > (await rulesOf("edit")).length);
    const before = (await rulesOf("admin")).length;
    const extra = role("widgets", "x.io:widgets:get");
    const labels = { "rbac.authorization.k8s.io/aggregate-to-view": "true" };
    await call(`${base}/clusterroles`, { body: { ...extra, metadata: { name: "widgets", labels } } });
    for (let i = 0; i < 100 && (await rulesOf("admin")).length === before; i++)
      await new Promise((done) => setTimeout(done, 10));
    assert.equal((await rulesOf("admin")).length, before + 1);
  }));
