import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError, parseManifests } from "../manifests.ts";
import { type CheckOptions, type CheckReport, checkManifests } from "./checker.ts";
import { RegoRules } from "./rego-rules.ts";
import { reportText } from "./report.ts";

function check(text: string, options: Partial<CheckOptions> = {}): Promise<CheckReport> {
  const user = { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] };
  return checkManifests(parseManifests("f.yaml", text), {
    policies: [],
    chain: {},
    user,
    namespace: "default",
    ...options,
  });
}

const pod = (name: string, image = "x:1", extra = "") => `---
apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  containers: [{name: a, image: "${image}"}]
${extra}`;

const policy = {
  name: "p",
  file: "p.rego",
  text: 'package kubernetes.admission\ndeny contains "evil image" if input.request.object.spec.containers[_].image == "evil:1"\n',
};

const cases: {
  readonly [what: string]: readonly [text: string, options: Partial<CheckOptions>, verdicts: string, report: RegExp];
} = {
  "a good pod": [pod("a"), {}, "allowed", /1 allowed, 0 denied, 0 invalid/],
  "a policy's refusal": [
    pod("a", "evil:1"),
    { policies: [policy] },
    "denied",
    /f\.yaml:2 {2}Pod default\/a {2}DENIED\n {4}RegoPolicies {2}policy p\.rego:2\n {6}evil image\n {6}field spec\.containers\[0\]\.image = "evil:1"/,
  ],
  "an unknown kind": [
    "apiVersion: x/v1\nkind: Gadget\n",
    {},
    "invalid",
    /no matches for kind "Gadget" in version "x\/v1"/,
  ],
  "a kind that a definition in the files serves, by its schema": [
    `apiVersion: x.io/v1\nkind: Gadget\nmetadata: {name: g}\nspec: {size: big}\n---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: gadgets.x.io}\nspec: {group: x.io, scope: Namespaced, names: {plural: gadgets, kind: Gadget}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}]}\n`,
    {},
    "denied allowed",
    /spec\.size: Invalid value: "string": spec\.size in body must be of type integer: "string"|spec\.size/,
  ],
  "a namespace, decided by policies behind it": [
    [
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: evil}",
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: refused}",
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: opa}",
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p, namespace: opa}\ndata:\n  p.rego: |\n    package kubernetes.admission\n    deny["evil"] { input.request.name == "evil" }',
      "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: b}\nspec: {policyName: v, validationActions: [Deny], paramRef: {name: c, namespace: params, parameterNotFoundAction: Deny}}",
      "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: v}\nspec: {paramKind: {apiVersion: v1, kind: ConfigMap}, matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [namespaces]}]}, validations: [{expression: object.metadata.name != params.data.name}]}",
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: params}\ndata: {name: refused}",
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: params}",
    ].join("\n---\n"),
    {},
    "denied denied allowed allowed allowed allowed allowed allowed",
    /Namespace evil {2}DENIED[\s\S]*Namespace refused {2}DENIED/,
  ],
  "a version that goes away": [
    "apiVersion: v1\nkind: Endpoints\nmetadata: {name: e}",
    {},
    "allowed",
    /v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io\/v1 EndpointSlice/,
  ],
  "an unknown field": [
    pod("a", "x:1", "  foo: 1\n"),
    {},
    "invalid",
    /strict decoding error: unknown field "spec\.foo"/,
  ],
  "an invalid object": [pod("A"), {}, "denied", /Validation\n {6}Invalid value: "A"/],
  "a namespace that is given with its labels": [
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: ns, labels: {pod-security.kubernetes.io/enforce: baseline}}\n${pod("a", "x:1", "  hostNetwork: true\n")}`,
    { namespace: "ns" },
    "allowed denied",
    /PodSecurity {2}policy PodSecurity baseline:latest\n {6}host namespaces/,
  ],
  "a policy in a ConfigMap, whatever the order of the file": [
    `${pod("a", "evil:1")}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: opa}\ndata:\n  p.rego: |\n    package kubernetes.admission\n    deny contains "from a ConfigMap"\n`,
    {},
    "denied allowed",
    /policy opa\/c\/p\.rego:2\n {6}from a ConfigMap/,
  ],
  "pods beyond a quota, wherever it stands in the files": [
    `${pod("a")}${pod("b")}---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: "1"}}\n`,
    {},
    "allowed denied allowed",
    /Pod default\/b {2}DENIED\n {4}ResourceQuota\n {6}exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1/,
  ],
  "an ingress whose host is taken": [
    ["a", "b"]
      .map(
        (name) =>
          `---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: ${name}}\nspec: {rules: [{host: h}]}\n`,
      )
      .join(""),
    {
      policies: [
        {
          ...policy,
          text: 'package kubernetes.admission\ndeny contains "taken" if { some ns, n; data.kubernetes.ingresses[ns][n].spec.rules[_].host == input.request.object.spec.rules[_].host; n != input.request.name }',
        },
      ],
    },
    "allowed denied",
    /Ingress default\/b {2}DENIED/,
  ],
};

for (const [what, [text, options, verdicts, report]] of Object.entries(cases)) {
  test(`check: ${what}`, async () => {
    const result = await check(text, options);
    assert.equal(result.results.map(({ verdict }) => verdict).join(" "), verdicts);
    assert.match(reportText(result, false), report);
  });
}

test("check: what it had to assume is said", async () => {
  const { assumptions } = await check(pod("a"), { namespace: "team" });
  assert.deepEqual(assumptions, ["namespace team exists"]);
});

test("check: broken policies are bad input, also in ConfigMaps", async () => {
  await assert.rejects(
    check(pod("a"), { policies: [{ ...policy, text: "package p\nx := y" }] }),
    (error: unknown) => error instanceof InputError && /var y is unsafe/.test(error.message),
  );
  const map =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: opa}\ndata:\n  p.rego: |\n    package p\n    x := y\n";
  await assert.rejects(
    check(map),
    (error: unknown) => error instanceof InputError && /opa\/c\/p\.rego:2: .*var y is unsafe/.test(error.message),
  );
});

test("check: more services than one cluster may have addresses for by default", async () => {
  const service = (_: unknown, i: number) =>
    `---\napiVersion: v1\nkind: Service\nmetadata: {name: s${i}}\nspec: {ports: [{port: 80}]}\n`;
  const { results } = await check(Array.from({ length: 300 }, service).join(""));
  assert.deepEqual([...new Set(results.map(({ verdict, message = "" }) => `${verdict} ${message}`))], ["allowed "]);
});

test("check: rules that see all objects together", async () => {
  const text = `package main
deny contains msg if {
  some a in input
  some b in input
  a.contents.metadata.name < b.contents.metadata.name
  a.contents.spec.containers[0].image == b.contents.spec.containers[0].image
  msg := sprintf("%s: %s and %s", [a.path, a.contents.metadata.name, b.contents.metadata.name])
}
warn contains "objects" if count(input) > 2
`;
  const rules = new RegoRules([{ name: "p", file: "p.rego", text }], { namespaces: ["main"], data: {} });
  const { results } = await check([pod("a"), pod("b", "y:1"), pod("c")].join(""), { rules, combine: true });
  const combined = results.at(-1);
  assert.deepEqual(
    results.map(({ file, verdict }) => `${file} ${verdict}`),
    ["f.yaml allowed", "f.yaml allowed", "f.yaml allowed", "Combined denied"],
  );
  assert.deepEqual(
    [combined?.ruleReasons?.map(({ message }) => message), combined?.warnings],
    [["f.yaml: a and c"], ["objects"]],
  );
});
