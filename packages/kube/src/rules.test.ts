import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapRbac } from "./bootstrap.ts";
import { builtinResources, findKind, preferredResource } from "./catalogue.ts";
import { applyDefaults } from "./defaults.ts";
import { humanDurationOf } from "./duration.ts";
import { generateName } from "./names.ts";
import type { KubeObject } from "./object.ts";
import { authorizeByRbac, type RbacReader, type RbacRequest } from "./rbac.ts";
import { allows } from "./rbac-rules.ts";
import { matchesSelector } from "./selector.ts";
import { tableOf } from "./table/table.ts";
import { compareVersions } from "./versions.ts";

test("selectors as objects", () => {
  assert.ok(matchesSelector({}, {}));
  assert.ok(matchesSelector({ matchExpressions: [{ key: "a", operator: "NotIn", values: ["x"] }] }, { a: "y" }));
  assert.throws(
    () => matchesSelector({ matchExpressions: [{ key: "a", operator: "Like" }] }, {}),
    /not a valid label selector operator/,
  );
});

test("versions are ordered as discovery orders them", () => {
  assert.deepEqual(["v1beta1", "v2alpha1", "v1", "v2", "v1alpha3"].sort(compareVersions), [
    "v2",
    "v1",
    "v1beta1",
    "v2alpha1",
    "v1alpha3",
  ]);
  assert.equal(preferredResource("autoscaling", "horizontalpodautoscalers")?.version, "v2");
  assert.equal(findKind("apps", "v1", "Deployment")?.resource, "deployments");
  assert.ok(builtinResources.length > 140);
});

const request: RbacRequest = {
  user: { username: "jane", groups: ["dev"] },
  verb: "get",
  group: "",
  resource: "pods",
  namespace: "default",
  name: "p",
};

const rules: readonly [
  what: string,
  rule: Parameters<typeof allows>[0],
  request: Partial<RbacRequest>,
  allowed: boolean,
][] = [
  ["exact", { verbs: ["get"], apiGroups: [""], resources: ["pods"] }, {}, true],
  ["another group", { verbs: ["get"], apiGroups: ["apps"], resources: ["pods"] }, {}, false],
  ["stars", { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }, {}, true],
  [
    "a subresource needs its own word",
    { verbs: ["get"], apiGroups: [""], resources: ["pods"] },
    { subresource: "log" },
    false,
  ],
  [
    "any resource's subresource",
    { verbs: ["get"], apiGroups: [""], resources: ["*/log"] },
    { subresource: "log" },
    true,
  ],
  ["another name", { verbs: ["get"], apiGroups: [""], resources: ["pods"], resourceNames: ["q"] }, {}, false],
  ["a path", { verbs: ["get"], nonResourceURLs: ["/healthz/*"] }, { path: "/healthz/ping" }, true],
  ["a path is no resource", { verbs: ["get"], apiGroups: ["*"], resources: ["*"] }, { path: "/metrics" }, false],
];

for (const [what, rule, rest, allowed] of rules) {
  test(`RBAC rule: ${what}`, () => assert.equal(allows(rule, { ...request, ...rest }), allowed));
}

test("RBAC: bindings, and what is bound from the start", () => {
  const binding: KubeObject = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    metadata: { name: "b", namespace: "default" },
    roleRef: { kind: "ClusterRole", name: "system:aggregate-to-view" },
    subjects: [{ kind: "Group", name: "dev" }],
  };
  const objects = [...bootstrapRbac, binding];
  const plural = (kind: string) => `${kind.toLowerCase()}s`;
  const list: RbacReader["list"] = (_group, resource, namespace) =>
    objects.filter(
      ({ kind, metadata }) =>
        plural(kind) === resource && (namespace === undefined || metadata.namespace === namespace),
    );
  const reader: RbacReader = {
    list,
    get: (group, resource, _namespace, name) => list(group, resource).find(({ metadata }) => metadata.name === name),
  };
  const ask = (rest: Partial<RbacRequest>) => authorizeByRbac(reader, { ...request, ...rest }).allowed;
  assert.ok(ask({}));
  assert.ok(!ask({ namespace: "other" }));
  assert.ok(!ask({ resource: "secrets" }));
  assert.ok(ask({ resource: "secrets", user: { username: "root", groups: ["system:masters"] } }));
});

const ages: readonly [seconds: number, text: string][] = [
  [5, "5s"],
  [119, "119s"],
  [125, "2m5s"],
  [600, "10m"],
  [10_800, "3h"],
  [11_160, "3h6m"],
  [100_000, "27h"],
  [864_000, "10d"],
];

for (const [seconds, text] of ages) {
  test(`an age of ${seconds} s is ${text}`, () =>
    assert.equal(humanDurationOf("1970-01-01T00:00:00Z", seconds * 1000), text));
}

test("defaults of a pod", () => {
  const pod = applyDefaults({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: {
      containers: [
        { name: "a", image: "x" },
        { name: "b", image: "x:1" },
      ],
    },
  });
  const spec = pod["spec"] as { restartPolicy: string; containers: { imagePullPolicy: string }[] };
  assert.equal(spec.restartPolicy, "Always");
  assert.deepEqual(
    spec.containers.map(({ imagePullPolicy }) => imagePullPolicy),
    ["Always", "IfNotPresent"],
  );
});

test("tables of kinds without a layout show name and age", () => {
  const table = tableOf(
    "x.example.com",
    "gadgets",
    [{ apiVersion: "x/v1", kind: "Gadget", metadata: { name: "g" } }],
    0,
  ) as { rows: { cells: unknown[] }[] };
  assert.deepEqual(table.rows[0]?.cells, ["g", "<unknown>"]);
});

test("generated names stay within a label", () => {
  assert.equal(generateName("a".repeat(80), () => new Uint8Array(5)).length, 63);
});
