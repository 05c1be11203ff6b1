import assert from "node:assert/strict";
import { test } from "node:test";
import { builtinCatalogue, type KubeObject } from "@sallyport/kube";
import { expressionWarnings } from "./type-check.ts";

/** A policy about Deployments, or what is said in its stead. */
function warningsOf(expression: string, more: object = {}): readonly string[] {
  const resourceRules = [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["*"], resources: ["deployments"] }];
  const spec = { matchConstraints: { resourceRules }, validations: [{ expression }], ...more };
  const policy = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: {},
    spec,
  };
  return expressionWarnings(policy as KubeObject, builtinCatalogue).map(
    ({ fieldRef, warning }) => `${fieldRef} ${warning}`,
  );
}

const undefinedField = (column: number, field: string, text: string, dots: string) =>
  `apps/v1, Kind=Deployment: ERROR: <input>:1:${column}: undefined field '${field}'\n | ${text}\n | ${dots}^\n`;

const spec = { name: "n", expression: "object.spec" };

const cases: readonly [what: string, expression: string, more: object, ...warnings: readonly string[]][] = [
  ["fields that are there", "object.spec.replicas > 1 && object.metadata.labels['a'] == 'b'", {}],
  ["ports, which are texts or numbers", "object.spec.strategy.rollingUpdate.maxSurge == '25%'", {}],
  [
    "a field that is not there",
    "object.foo > 1",
    {},
    `spec.validations[0].expression ${undefinedField(7, "foo", "object.foo > 1", ".".repeat(6))}`,
  ],
  [
    "another type",
    "object.spec.replicas == 'a'",
    {},
    "spec.validations[0].expression apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for '_==_' applied to '(int, string)'\n | object.spec.replicas == 'a'\n | .....................^\n",
  ],
  ["a variable that is an object, of which nothing is known", "variables.n.foo == 1", { variables: [spec] }],
  [
    "a variable that is a number",
    "variables.n == 'a'",
    { variables: [{ name: "n", expression: "object.spec.replicas" }] },
    "spec.validations[0].expression apps/v1, Kind=Deployment: ERROR: <input>:1:13: found no matching overload for '_==_' applied to '(int, string)'\n | variables.n == 'a'\n | ............^\n",
  ],
  [
    "a kind of the core",
    "object.spec.replicas == 1",
    {
      matchConstraints: {
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["*"], resources: ["pods", "pods/exec"] }],
      },
    },
    "spec.validations[0].expression /v1, Kind=Pod: ERROR: <input>:1:12: undefined field 'replicas'\n | object.spec.replicas == 1\n | ...........^\n",
  ],
  [
    "parameters",
    "params.data['a'] == params.foo",
    { paramKind: { apiVersion: "v1", kind: "ConfigMap" } },
    `spec.validations[0].expression ${undefinedField(27, "foo", "params.data['a'] == params.foo", ".".repeat(26))}`,
  ],
  ["parameters of an unknown kind", "params.foo == 1", { paramKind: { apiVersion: "a.b/v1", kind: "C" } }],
  [
    "all groups",
    "object.foo",
    {
      matchConstraints: {
        resourceRules: [{ apiGroups: ["*"], apiVersions: ["v1"], operations: ["*"], resources: ["deployments"] }],
      },
    },
  ],
];

for (const [what, expression, more, ...warnings] of cases)
  test(`types in expressions: ${what}`, () => assert.deepEqual(warningsOf(expression, more), warnings));
