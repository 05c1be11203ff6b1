import assert from "node:assert/strict";
import { test } from "node:test";
import { objectsOf } from "./world.fixture.ts";
import { rbacText, type WorldObject } from "./world.ts";
import { worldOf } from "./world-of.ts";

const pod = (spec: object, more: object = {}): WorldObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "n" },
  spec,
  ...more,
});

/** The secrets that a pod's containers see, then those that its node reads for it. */
function secretsOf(spec: object): string {
  const [found] = worldOf([pod(spec)]).pods;
  return [[...(found?.secrets ?? [])].sort().join(" "), [...(found?.nodeSecrets ?? [])].sort().join(" ")].join(" | ");
}

for (const [name, spec, expected] of [
  ["a volume", { volumes: [{ secret: { secretName: "a" } }] }, "a | "],
  [
    "a projected volume",
    { volumes: [{ projected: { sources: [{ secret: { name: "a" } }, { configMap: { name: "b" } }] } }] },
    "a | ",
  ],
  ["a variable", { containers: [{ env: [{ valueFrom: { secretKeyRef: { name: "a" } } }, { value: "b" }] }] }, "a | "],
  [
    "all variables",
    { initContainers: [{ envFrom: [{ secretRef: { name: "a" } }, { configMapRef: { name: "b" } }] }] },
    "a | ",
  ],
  ["an ephemeral container", { ephemeralContainers: [{ envFrom: [{ secretRef: { name: "a" } }] }] }, "a | "],
  ["for pulling images", { imagePullSecrets: [{ name: "a" }] }, " | a"],
  [
    "of a driver",
    {
      volumes: [
        { csi: { nodePublishSecretRef: { name: "a" } } },
        { azureFile: { secretName: "b" } },
        { rbd: { secretRef: { name: "c" } } },
      ],
    },
    " | a b c",
  ],
  [
    "of other volumes",
    { volumes: [{ name: "v", configMap: { name: "a" } }, { emptyDir: {} }, { hostPath: { path: "/" } }] },
    " | ",
  ],
] as const)
  test(`secrets of a pod: ${name}`, () => assert.equal(secretsOf(spec), expected));

const account = (fields: object): WorldObject => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "default", namespace: "n" },
  ...fields,
});

for (const [name, objects, expected] of [
  ["by default", [pod({})], true],
  ["the pod wants none", [pod({ automountServiceAccountToken: false })], false],
  ["its account wants none", [pod({}), account({ automountServiceAccountToken: false })], false],
  [
    "the pod wants one all the same",
    [pod({ automountServiceAccountToken: true }), account({ automountServiceAccountToken: false })],
    true,
  ],
  [
    "one is projected",
    [
      pod({
        automountServiceAccountToken: false,
        volumes: [{ projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
      }),
    ],
    true,
  ],
] as const)
  test(`a token in a pod: ${name}`, () => assert.equal(worldOf(objects).pods[0]?.hasToken, expected));

test("images of a pod without secrets of its own are pulled with those of its account", () => {
  const [found] = worldOf([pod({}), account({ imagePullSecrets: [{ name: "pull" }] })]).pods;
  assert.deepEqual([...(found?.nodeSecrets ?? [])], ["pull"]);
});

test("pods stand for the workloads that made them; what has ended or has none does not count", () => {
  const made = (
    kind: string,
    name: string,
    uid: string,
    owner: string,
    spec: object,
    more: object = {},
  ): WorldObject => ({
    apiVersion: "v1",
    kind,
    metadata: {
      name,
      namespace: "n",
      uid,
      ...(owner === "" ? {} : { ownerReferences: [{ apiVersion: "v1", kind: "X", name: "x", uid: owner }] }),
    },
    spec,
    ...more,
  });
  const template = { spec: {} };
  const { pods } = worldOf([
    made("Deployment", "web", "1", "", { template }),
    made("ReplicaSet", "web-new", "2", "1", { template }),
    made("ReplicaSet", "web-old", "3", "1", { template, replicas: 0 }),
    made("Pod", "web-new-x", "4", "2", {}),
    made("Pod", "done", "5", "", {}, { status: { phase: "Succeeded" } }),
    made("CronJob", "nightly", "6", "", { jobTemplate: { spec: { template } } }),
    made("ConfigMap", "c", "7", "", { template }),
  ]);
  assert.deepEqual(
    pods.map(({ kind, name }) => `${kind} ${name}`),
    ["Pod web-new-x", "CronJob nightly"],
  );
});

/** `FROM INDEX: verbs`, of each rule of a ClusterRole. */
function rulesOf(objects: readonly WorldObject[], role: string): readonly string[] {
  const found = worldOf(objects).roles.find(({ name }) => name.name === role);
  return (found?.rules ?? []).map(({ from, index, rule }) => `${from.name} ${index}: ${rule.verbs.join()}`);
}

test("a ClusterRole that gathers others has their rules, through others that gather", () => {
  const objects = objectsOf(`
    ClusterRole top gathers=a:
    ClusterRole middle gathers=b labels=a:
    ClusterRole part labels=b: get pods; list pods
    ClusterRole other labels=c: delete pods
  `);
  assert.deepEqual(rulesOf(objects, "top"), ["part 0: get", "part 1: list"]);
  assert.deepEqual(worldOf(objects).roles.find(({ name }) => name.name === "top")?.parts, ["middle", "part"]);
});

test("what a controller has written into it is not counted twice, and what has no part here is kept", () => {
  const objects = objectsOf(`
    ClusterRole top gathers=a: get pods; watch pods
    ClusterRole part labels=a: get pods
  `);
  assert.deepEqual(rulesOf(objects, "top"), ["part 0: get", "top 1: watch"]);
});

test("roles that gather each other", () => {
  const objects = objectsOf(
    "ClusterRole x gathers=a labels=a:\nClusterRole y gathers=a labels=a:\nClusterRole p labels=a: get pods",
  );
  assert.deepEqual([rulesOf(objects, "x"), rulesOf(objects, "y")], [["p 0: get"], ["p 0: get"]]);
});

test("subjects, as the authorizer takes them", () => {
  const version = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: "b", namespace: "n" } };
  const subjects = [
    { kind: "User", name: "system:serviceaccount:ci:builder" },
    { kind: "ServiceAccount", name: "here" },
    { kind: "Robot", name: "r" },
  ];
  const cluster = { kind: "ClusterRoleBinding", metadata: { name: "c" }, roleRef: { kind: "ClusterRole", name: "r" } };
  const { bindings } = worldOf([
    { ...version, kind: "RoleBinding", roleRef: { kind: "Role", name: "r" }, subjects },
    { ...version, ...cluster, subjects: [{ kind: "ServiceAccount", name: "nowhere" }] },
    { ...version, ...cluster },
  ]);
  assert.deepEqual(
    bindings.map((each) => each.subjects),
    [
      [
        { kind: "ServiceAccount", name: "builder", namespace: "ci" },
        { kind: "ServiceAccount", name: "here", namespace: "n" },
      ],
      [],
      [],
    ],
  );
  assert.equal(rbacText(bindings[0]?.role ?? { kind: "Role", name: "" }), "Role n/r");
});

test("namespaces: those that are named anywhere; the node's files only where the level of a known one lets them", () => {
  const { namespaces, nodes, accounts } = worldOf(
    objectsOf("Namespace open\nNamespace shut enforce=restricted\nPod other/p node=n2\nNode n1"),
  );
  assert.deepEqual(
    namespaces.map(({ name, admitsHostPath }) => `${name} ${admitsHostPath}`),
    ["open true", "shut false", "other false"],
  );
  assert.deepEqual(nodes, ["n1", "n2"]);
  assert.deepEqual(
    accounts.map(({ namespace, name }) => `${namespace}/${name}`),
    ["other/default", "open/default", "shut/default"],
  );
});
