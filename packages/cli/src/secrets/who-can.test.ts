import assert from "node:assert/strict";
import { test } from "node:test";
import { type Question, whoCan, worldOf } from "@sallyport/secrets";
import { parseManifests } from "../manifests.ts";
import { whoCanJson } from "./who-can-json.ts";
import { whoCanText } from "./who-can-text.ts";
import { worldOfManifests } from "./world-files.ts";

const text = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ci, namespace: prod}
rules: [{apiGroups: [""], resources: [pods/exec], verbs: [create]}]
---
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: RoleBinding
metadata: {name: ci, namespace: prod}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ci}
subjects: [{kind: ServiceAccount, name: builder, namespace: ci}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: team, namespace: prod}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: Group, name: team}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: all, namespace: prod}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects: [{kind: Group, name: "system:serviceaccounts:tools"}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: lint, namespace: tools}
---
apiVersion: iam.example.com/v1
kind: Role
metadata: {name: other}
rules: what another group has by this name
---
apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: canary-hunter2}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers: [{name: c, image: i, envFrom: [{secretRef: {name: db}}]}]
`;

const question: Question = { verb: "get", group: "", resource: "secrets", name: "db", namespace: "prod" };
const answerOf = (manifests: string) =>
  whoCan(worldOf(worldOfManifests(parseManifests("rbac.yaml", manifests), "prod")), question);

test("who-can, as text: subjects, steps, rules, and what cuts them", () => {
  assert.equal(
    whoCanText(answerOf(text), false),
    `4 subjects and Kubernetes' own can get secrets db in prod

Group system:serviceaccounts:tools, 2 known members
  1  reads it
       get, list, watch secrets: rule 1 of ClusterRole system:aggregate-to-edit, gathered by ClusterRole edit,
       through RoleBinding prod/all
     to cut it: take Group system:serviceaccounts:tools out of RoleBinding prod/all

ServiceAccount ci/builder
  2  runs commands in the pods of Deployment prod/web
       create pods/exec: rule 1 of Role prod/ci, through RoleBinding prod/ci
     it lies in the pods of Deployment prod/web, as a file or in the environment
     to cut it: take create pods/exec out of rule 1 of Role prod/ci

and 16 of Kubernetes' own, 2 as members of groups: --all tells of them
`,
  );
});

test("who-can, as text: with --all, Kubernetes' own and each member", () => {
  const all = whoCanText(answerOf(text), true);
  assert.match(all, /^Group system:masters\n {2}1 {2}may everything: .*\n {5}to cut it: nothing in RBAC cuts this$/m);
  assert.match(
    all,
    /^ServiceAccount tools\/lint\n {2}1 {2}reads it\n(?:.*\n)+? {7}as a member of system:serviceaccounts:tools$/m,
  );
});

test("who-can, as text: nobody", () => {
  assert.match(whoCanText(answerOf(""), false), /^nobody but Kubernetes' own can get secrets db in prod$/m);
});

test("who-can, as JSON: the same, with the rules whole and the graph", () => {
  const json = JSON.parse(JSON.stringify(whoCanJson(answerOf(text))));
  const builder = json.subjects.find(({ name }: { readonly name: string }) => name === "builder");
  assert.deepEqual(json.question, question);
  assert.deepEqual(builder.paths[0].steps[0].by[0].rule, {
    in: { kind: "Role", name: "ci", namespace: "prod" },
    index: 0,
    apiGroups: [""],
    resources: ["pods/exec"],
    verbs: ["create"],
  });
  assert.equal(builder.paths[0].edit.text, "take create pods/exec out of rule 1 of Role prod/ci");
  assert.ok(json.graph.edges.some(({ to }: { readonly to: string }) => to === "the value"));
});

test("who-can: no value of a secret is told", () => {
  const answer = answerOf(text);
  const told = whoCanText(answer, true) + JSON.stringify(whoCanJson(answer));
  assert.doesNotMatch(told, /canary|aHVudGVyMg|hunter2/);
});

for (const [name, manifest, message] of [
  [
    "rules that are no list",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\nrules: text",
    /^rbac\.yaml:1: Role in version "v1" cannot be handled as a Role: json: cannot unmarshal string into Go struct field Role\.rules of type \[\]v1\.PolicyRule$/,
  ],
  [
    "a subject that is no object",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nsubjects: [eve]",
    /^rbac\.yaml:1: RoleBinding in version "v1" cannot be handled as a RoleBinding: json: cannot unmarshal string into /,
  ],
  [
    "a role without a name",
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nrules: []",
    /^rbac\.yaml:1: the Role has no name$/,
  ],
] as const)
  test(`who-can: ${name}: one clear line`, () =>
    assert.throws(() => answerOf(manifest), { name: "InputError", message }));
