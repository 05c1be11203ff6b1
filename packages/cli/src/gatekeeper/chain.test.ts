import assert from "node:assert/strict";
import { test } from "node:test";
import { checkManifests } from "../check/checker.ts";
import { parseManifests } from "../manifests.ts";
import { type Bed, configMap, constraint, eventually, template, withGatekeeper } from "./gatekeeper.fixture.ts";

const templates = "/apis/templates.gatekeeper.sh/v1/constrainttemplates";
const unique = template(
  "Unique",
  'other := data.inventory.namespace[ns].v1.ConfigMap[name]; name == input.review.object.metadata.name; ns != input.review.object.metadata.namespace; msg := sprintf("also in %v", [ns])',
);
const latest = template(
  "NoLatest",
  'c := input.review.object.spec.containers[_]; endswith(c.image, ":latest"); msg := sprintf("latest in %v", [c.name])',
);
const everything = (kind: string) => constraint(kind, "all", "{match: {kinds: [{apiGroups: ['*'], kinds: ['*']}]}}");
const syncSet = `
---
apiVersion: syncset.gatekeeper.sh/v1alpha1
kind: SyncSet
metadata: {name: maps}
spec: {gvks: [{group: "", version: v1, kind: ConfigMap}]}
`;
const expansion = (action = "") => `
---
apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: deployments}
spec:
  applyTo: [{groups: [apps], versions: [v1], kinds: [Deployment]}]
  templateSource: spec.template
  generatedGVK: {group: "", version: v1, kind: Pod}
  enforcementAction: "${action}"
`;
const deployment = (name: string, image: string) => `
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: default}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: main, image: "${image}"}]}
`;
const cel = `
---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: celowner}
spec:
  crd: {spec: {names: {kind: CelOwner}, validation: {openAPIV3Schema: {type: object, properties: {label: {type: string}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        variables: [{name: labels, expression: "has(variables.anyObject.metadata.labels) ? variables.anyObject.metadata.labels : {}"}]
        validations: [{expression: "variables.params.label in variables.labels", messageExpression: "'no ' + variables.params.label"}]
    - engine: Rego
      source:
        rego: |
          package c
          violation[{"msg": "asked in Rego"}] { true }
`;
const owner = constraint(
  "CelOwner",
  "owner",
  "{match: {kinds: [{apiGroups: [''], kinds: [ConfigMap]}], namespaces: [default]}, parameters: {label: owner}}",
);
const denied = (text: string) => `admission webhook "validation.gatekeeper.sh" denied the request: ${text}`;

/** Puts a template in force, and waits until its constraints are served. */
async function serve(bed: Bed, text: string): Promise<void> {
  assert.equal(await bed.apply(text), "created");
  const name = /kind: ConstraintTemplate\nmetadata: \{name: (\w+)\}/.exec(text)?.[1];
  const served = await eventually(
    () => bed.get(`${templates}/${name}`),
    (each) => each["status"]?.created === true,
  );
  assert.equal(served["status"]?.created, true);
}

/** The verdict on the last of some files, and why. */
async function check(...texts: readonly string[]): Promise<string> {
  const { results } = await checkManifests(parseManifests("f.yaml", texts.join("")), {
    policies: [],
    chain: {},
    user: { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] },
    namespace: "default",
  });
  const { verdict, message = "" } = results.at(-1) ?? {};
  return message === "" ? String(verdict) : `${verdict}: ${message}`;
}

test("a SyncSet replicates what was there before it, and what comes after", () =>
  withGatekeeper(async (bed) => {
    assert.equal(await bed.apply(configMap("first", "kube-system")), "created");
    await serve(bed, unique);
    assert.equal(await bed.apply(everything("Unique")), "created");
    assert.equal(await bed.apply(configMap("first")), "created");
    await bed.remove("/api/v1/namespaces/default/configmaps/first");
    assert.equal(await bed.apply(syncSet), "created");
    assert.equal(await bed.apply(configMap("first")), denied("[all] also in kube-system"));
    assert.equal(await bed.apply(configMap("second", "kube-public")), "created");
    assert.equal(await bed.apply(configMap("second")), denied("[all] also in kube-public"));
    await bed.remove("/apis/syncset.gatekeeper.sh/v1alpha1/syncsets/maps");
    assert.equal(await bed.apply(configMap("second")), "created");
  }));

test("what a Deployment implies is reviewed with it, as its ExpansionTemplate says", () =>
  withGatekeeper(async (bed) => {
    await serve(bed, latest);
    assert.equal(await bed.apply(everything("NoLatest")), "created");
    assert.equal(await bed.apply(deployment("before", "web:latest")), "created");
    assert.equal(await bed.apply(expansion()), "created");
    assert.equal(
      await bed.apply(deployment("web", "web:latest")),
      denied("[all] [Implied by deployments] latest in main"),
    );
    assert.equal(await bed.apply(deployment("web", "web:1")), "created");
    await bed.remove("/apis/expansion.gatekeeper.sh/v1beta1/expansiontemplate/deployments");
    assert.equal(await bed.apply(expansion("warn")), "created");
    assert.equal(await bed.apply(deployment("warned", "web:latest")), "created");
  }));

test("a template that has CEL is asked in it, and not in Rego", () =>
  withGatekeeper(async (bed) => {
    await serve(bed, cel);
    assert.equal(await bed.apply(owner), "created");
    assert.equal(await bed.apply(configMap("a")), denied("[owner] no owner"));
    assert.equal(await bed.apply(configMap("a", "default", "{owner: me}")), "created");
  }));

const offline: ReadonlyArray<[what: string, texts: readonly string[], answer: string]> = [
  [
    "a SyncSet",
    [unique, everything("Unique"), syncSet, configMap("a", "kube-system"), configMap("a")],
    `denied: ${denied("[all] also in kube-system")}`,
  ],
  [
    "an ExpansionTemplate",
    [latest, everything("NoLatest"), expansion(), deployment("web", "web:latest")],
    `denied: ${denied("[all] [Implied by deployments] latest in main")}`,
  ],
  ["a template in CEL", [cel, owner, configMap("a")], `denied: ${denied("[owner] no owner")}`],
  ["a template in CEL that is content", [cel, owner, configMap("a", "default", "{owner: me}")], "allowed"],
];

for (const [what, texts, answer] of offline)
  test(`check answers as a server: ${what}`, async () => {
    assert.equal(await check(...texts), answer);
  });
