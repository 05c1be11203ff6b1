import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bed, configMap, constraint, eventually, type Fields, withGatekeeper } from "./gatekeeper.fixture.ts";

const owned = (generateVAP: string) => `
---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: needowner}
spec:
  crd: {spec: {names: {kind: NeedOwner}, validation: {openAPIV3Schema: {type: object, properties: {label: {type: string}}}}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        generateVAP: ${generateVAP}
        variables: [{name: labels, expression: "has(variables.anyObject.metadata.labels) ? variables.anyObject.metadata.labels : {}"}]
        validations: [{expression: "variables.params.label in variables.labels", messageExpression: "'no ' + variables.params.label"}]
`;
const maps = '{kinds: [{apiGroups: [""], kinds: [ConfigMap]}], namespaces: [default]}';
const scoped =
  "enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: vap.k8s.io}]}]";
const root = "/apis/admissionregistration.k8s.io/v1";
const policy = `${root}/validatingadmissionpolicies/gatekeeper-needowner`;
const binding = `${root}/validatingadmissionpolicybindings/gatekeeper-needowner-owner`;
const own = "/apis/constraints.gatekeeper.sh/v1beta1/needowner/owner";

/** The status that the server tells of itself in an object, once there is one. */
async function told(bed: Bed, path: string): Promise<Fields> {
  const { status } = await eventually(
    () => bed.get(path),
    (each) => each["status"]?.byPod !== undefined,
  );
  return status.byPod[0];
}

const gone = (bed: Bed, path: string) =>
  eventually(
    () => bed.get(path),
    (each) => each instanceof Error,
  );

test("a template that wants it is a ValidatingAdmissionPolicy, and its constraints are bindings, and both go with them", () =>
  withGatekeeper(async (bed) => {
    assert.equal(await bed.apply(owned("true")), "created");
    const template = "/apis/templates.gatekeeper.sh/v1/constrainttemplates/needowner";
    assert.equal((await told(bed, template))["vapGenerationStatus"].state, "generated");
    assert.equal(
      await bed.apply(constraint("NeedOwner", "owner", `{match: ${maps}, parameters: {label: owner}, ${scoped}}`)),
      "created",
    );
    assert.deepEqual((await told(bed, own))["enforcementPointsStatus"], [
      { enforcementPoint: "vap.k8s.io", state: "generated", observedGeneration: 1 },
    ]);
    const { metadata, spec } = await bed.get(binding);
    assert.equal(metadata.ownerReferences[0].kind, "NeedOwner");
    assert.deepEqual(spec.validationActions, ["Deny"]);
    const denied = await eventually(
      () => bed.apply(configMap("a")),
      (answer) => answer !== "created",
    );
    assert.equal(
      denied,
      "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'gatekeeper-needowner' with binding 'gatekeeper-needowner-owner' denied request: no owner",
    );
    assert.equal(await bed.apply(configMap("b", "default", "{owner: me}")), "created");
    assert.equal(await bed.apply(configMap("c", "kube-system")), "created");
    await bed.remove(own);
    await gone(bed, binding);
    await bed.remove(template);
    await gone(bed, policy);
  }));

test("a template that no longer wants it loses its policy; one that does not say has one only by default", () =>
  withGatekeeper(async (bed) => {
    assert.equal(await bed.apply(owned("true")), "created");
    await told(bed, "/apis/templates.gatekeeper.sh/v1/constrainttemplates/needowner");
    assert.equal((await bed.get(policy))["kind"], "ValidatingAdmissionPolicy");
    const patch = [{ op: "replace", path: "/spec/targets/0/code/0/source/generateVAP", value: false }];
    await bed.client.ask("/apis/templates.gatekeeper.sh/v1/constrainttemplates/needowner", {
      method: "PATCH",
      type: "application/json-patch+json",
      body: patch,
    });
    assert.ok((await gone(bed, policy)) instanceof Error);
  }));

test("what a Config excludes stands in the policy", () =>
  withGatekeeper(
    async (bed) => {
      assert.equal(await bed.apply(owned("null")), "created");
      await told(bed, "/apis/templates.gatekeeper.sh/v1/constrainttemplates/needowner");
      await bed.apply(`
---
apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config, namespace: gatekeeper-system}
spec: {match: [{excludedNamespaces: [ops-*], processes: [webhook]}]}
`);
      const names = ({ spec }: Fields) => spec?.matchConditions?.map(({ name }: Fields) => name) ?? [];
      const found = await eventually(
        () => bed.get(policy),
        (each) => names(each).includes("gatekeeper_internal_match_global_excluded_namespaces"),
      );
      assert.ok(names(found).includes("gatekeeper_internal_match_global_excluded_namespaces"));
    },
    {},
    { createsPolicies: true },
  ));
