import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { readTemplate } from "../template/template.ts";
import { bindingOf } from "./binding.ts";
import { admissionPolicyOf } from "./policy.ts";

const validations = [{ expression: "has(variables.owner)", message: "no owner" }];
const variables = [{ name: "owner", expression: "object.metadata.?labels.owner" }];

function template(code: object, more: object = {}): KubeObject {
  return {
    apiVersion: "templates.gatekeeper.sh/v1",
    kind: "ConstraintTemplate",
    metadata: { name: "needowner" },
    spec: {
      crd: { spec: { names: { kind: "NeedOwner" } } },
      targets: [{ target: "admission.k8s.gatekeeper.sh", code: [code], ...more }],
    },
  };
}

const cel = (source: object = {}) => ({ engine: "K8sNativeValidation", source: { validations, variables, ...source } });
const options = { failurePolicy: "Fail", isDefault: true } as const;
const policyOf = (code: object, more: object = {}, isDefault = true) =>
  admissionPolicyOf(readTemplate(template(code, more)), { ...options, isDefault });

test("a template as a policy: its own variables behind Gatekeeper's, its conditions in front", () => {
  const own = { name: "no-nodes", expression: 'request.kind.kind != "Node"' };
  const policy = policyOf(cel({ matchCondition: [own], failurePolicy: "Ignore" }));
  // biome-ignore lint/suspicious/noExplicitAny: the fields of a policy, which the test names
  const spec = policy?.["spec"] as any;
  assert.equal(policy?.metadata.name, "gatekeeper-needowner");
  assert.deepEqual(spec.paramKind, { apiVersion: "constraints.gatekeeper.sh/v1beta1", kind: "NeedOwner" });
  assert.equal(spec.failurePolicy, "Ignore");
  assert.deepEqual(spec.validations, validations);
  assert.deepEqual(
    spec.variables.map(({ name }: { readonly name: string }) => name),
    ["anyObject", "params", "owner"],
  );
  assert.deepEqual(
    spec.matchConditions.map(({ name }: { readonly name: string }) => name),
    [
      "no-nodes",
      ...["excluded_namespaces", "namespaces", "name", "kinds", "scope", "source"].map(
        (name) => `gatekeeper_internal_match_${name}`,
      ),
    ],
  );
  assert.deepEqual(spec.matchConstraints.resourceRules[0].operations, ["CREATE", "UPDATE"]);
});

test("the operations of a template are those of its policy", () => {
  const operations = (given: readonly string[]) =>
    // biome-ignore lint/suspicious/noExplicitAny: as above
    (policyOf(cel(), { operations: given })?.["spec"] as any).matchConstraints.resourceRules[0].operations;
  assert.deepEqual(operations(["DELETE", "CREATE"]), ["CREATE", "DELETE"]);
  assert.deepEqual(operations(["*"]), ["CREATE", "UPDATE", "DELETE", "CONNECT"]);
});

const wanted: ReadonlyArray<[what: string, code: object, isDefault: boolean, isMade: boolean]> = [
  ["CEL that does not say, by default", cel(), true, true],
  ["CEL that does not say, not by default", cel(), false, false],
  ["CEL that wants one, not by default", cel({ generateVAP: true }), false, true],
  ["CEL that wants none, by default", cel({ generateVAP: false }), true, false],
  ["Rego", { engine: "Rego", source: { rego: "package k\nviolation[{}] { true }" } }, true, false],
];

for (const [what, code, isDefault, isMade] of wanted)
  test(`${what}: ${isMade ? "a policy" : "none"}`, () => {
    assert.equal(policyOf(code, {}, isDefault) !== undefined, isMade);
  });

const constraint = (spec: object): KubeObject => ({
  apiVersion: "constraints.gatekeeper.sh/v1beta1",
  kind: "NeedOwner",
  metadata: { name: "all" },
  spec,
});

test("a constraint as a binding: its selectors are the binding's", () => {
  const labelSelector = { matchLabels: { app: "web" } };
  const namespaceSelector = { matchExpressions: [{ key: "team", operator: "Exists" }] };
  assert.deepEqual(bindingOf(constraint({ match: { labelSelector, namespaceSelector } }), true), {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: "gatekeeper-needowner-all" },
    spec: {
      policyName: "gatekeeper-needowner",
      paramRef: { name: "all", parameterNotFoundAction: "Allow" },
      matchResources: { namespaceSelector, objectSelector: labelSelector },
      validationActions: ["Deny"],
    },
  });
});

const scoped = (...actions: readonly (readonly [action: string, point: string])[]) => ({
  enforcementAction: "scoped",
  scopedEnforcementActions: actions.map(([action, name]) => ({ action, enforcementPoints: [{ name }] })),
});

const bound: ReadonlyArray<[what: string, spec: object, isDefault: boolean, actions: readonly string[] | undefined]> = [
  ["warns", { enforcementAction: "warn" }, true, ["Warn"]],
  ["is only recorded", { enforcementAction: "dryrun" }, true, ["Audit"]],
  ["is not bound by default", {}, false, undefined],
  ["is scoped to policies", scoped(["deny", "vap.k8s.io"], ["warn", "vap.k8s.io"]), false, ["Deny", "Warn"]],
  ["is scoped to all", scoped(["dryrun", "*"]), false, ["Audit"]],
  ["is scoped to something else", scoped(["deny", "audit.gatekeeper.sh"]), true, undefined],
];

for (const [what, spec, isDefault, actions] of bound)
  test(`a constraint that ${what}: ${actions?.join() ?? "no binding"}`, () => {
    const { validationActions } = (bindingOf(constraint(spec), isDefault)?.["spec"] ?? {}) as {
      readonly validationActions?: readonly string[];
    };
    assert.deepEqual(validationActions, actions);
  });

test("an action that no policy knows is refused", () => {
  assert.throws(() => bindingOf(constraint({ enforcementAction: "shout" }), true), {
    message: "invalid enforcement action: unrecognized enforcement action shout, must be `warn`, `deny` or `dryrun`",
  });
});
