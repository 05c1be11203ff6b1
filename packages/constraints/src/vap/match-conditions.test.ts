import assert from "node:assert/strict";
import { test } from "node:test";
import {
  compileConditions,
  compileVariables,
  Evaluation,
  inputActivation,
  matchConditionsBudget,
  matchesConditions,
  requestOf,
} from "@sallyport/admission";
import { admissionEnvironment } from "@sallyport/cel";
import { type KubeObject, parseApiVersion } from "@sallyport/kube";
import { matchesObject } from "../match/match.ts";
import { excludedCondition, exemptedCondition, matchConditions } from "./match-conditions.ts";

const environment = admissionEnvironment({ hasParams: true, hasAuthorizer: false, hasPatchTypes: false });

/** Whether conditions hold for the creation of an object, with a constraint of this `match`. */
function holds(conditions: typeof matchConditions, match: object | undefined, object: KubeObject): boolean | string {
  const variables = compileVariables([], environment);
  const compiled = compileConditions(conditions, environment);
  const params = {
    apiVersion: "constraints.gatekeeper.sh/v1beta1",
    kind: "K",
    metadata: {},
    spec: match === undefined ? {} : { match },
  };
  const { group, version } = parseApiVersion(object.apiVersion);
  const request = requestOf({
    operation: "CREATE",
    kind: { group, version, kind: object.kind },
    object,
    oldObject: null,
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? "",
  });
  const activation = inputActivation(request, { params: params as KubeObject, namespaceObject: undefined });
  const found = matchesConditions(compiled, new Evaluation(activation, matchConditionsBudget, variables));
  return typeof found === "boolean" ? found : found.error;
}

const objectOf = (apiVersion: string, kind: string, metadata: object): KubeObject => ({ apiVersion, kind, metadata });
const objects = [
  objectOf("v1", "Pod", { name: "web-1", namespace: "dev" }),
  objectOf("v1", "Pod", { generateName: "web-", namespace: "prod-a" }),
  objectOf("apps/v1", "Deployment", { name: "api", namespace: "prod-b" }),
  objectOf("v1", "Namespace", { name: "prod-a", labels: { a: "b" } }),
  objectOf("v1", "Namespace", { name: "dev" }),
  objectOf("rbac.authorization.k8s.io/v1", "ClusterRole", { name: "web-reader" }),
];

const matches: readonly object[] = [
  {},
  { kinds: [] },
  { kinds: [{ apiGroups: [""], kinds: ["Pod"] }] },
  { kinds: [{ kinds: ["Pod", "Deployment"] }, { apiGroups: ["rbac.authorization.k8s.io"] }] },
  { kinds: [{ apiGroups: ["*"], kinds: ["*"] }] },
  { kinds: [{ apiGroups: [], kinds: ["Namespace"] }] },
  { namespaces: [] },
  { namespaces: ["dev"] },
  { namespaces: ["prod-*"] },
  { namespaces: ["*-a", "dev"] },
  { excludedNamespaces: ["dev"] },
  { excludedNamespaces: ["prod-*"] },
  { excludedNamespaces: [] },
  { name: "web-1" },
  { name: "web-*" },
  { name: "*-1" },
  { name: "" },
  { scope: "Cluster" },
  { scope: "Namespaced" },
  { scope: "*" },
  { source: "Original" },
  { source: "Generated" },
  { source: "All" },
  {
    kinds: [{ kinds: ["Pod"] }],
    namespaces: ["prod-*"],
    excludedNamespaces: ["prod-b"],
    scope: "Namespaced",
    name: "web*",
  },
];

for (const match of matches)
  test(`as conditions of a policy ${JSON.stringify(match)} matches what it matches at the webhook`, () => {
    for (const object of objects) {
      const wanted = matchesObject(match, { object, namespace: undefined, source: "Original" });
      assert.equal(holds(matchConditions, match, object), wanted, `${object.kind} ${object.metadata.name}`);
    }
  });

test("a constraint without a match matches all", () => {
  for (const object of objects) assert.equal(holds(matchConditions, undefined, object), true);
});

const shown = (conditions: Parameters<typeof holds>[0]) =>
  objects
    .filter((each) => holds(conditions, {}, each) === true)
    .map(({ kind, metadata }) => `${kind} ${metadata.name ?? metadata.generateName}`);

test("namespaces that a Config excludes are left alone, with what lies in them", () => {
  assert.deepEqual(shown([excludedCondition(["prod-*"])]), ["Pod web-1", "Namespace dev", "ClusterRole web-reader"]);
});

test("exempt namespaces are left alone where they have the label; what lies in them always", () => {
  assert.deepEqual(shown([exemptedCondition(["prod-*"])]), [
    "Pod web-1",
    "Namespace prod-a",
    "Namespace dev",
    "ClusterRole web-reader",
  ]);
  const labelled = objectOf("v1", "Namespace", { name: "prod-a", labels: { "admission.gatekeeper.sh/ignore": "" } });
  assert.equal(holds([exemptedCondition(["prod-*"])], {}, labelled), false);
});
