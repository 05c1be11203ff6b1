import assert from "node:assert/strict";
import { test } from "node:test";
import { abacAuthorizer, parseAbacPolicies } from "./abac.ts";
import type { Attributes } from "./authorizer.ts";

const line = (spec: object) =>
  JSON.stringify({ apiVersion: "abac.authorization.kubernetes.io/v1beta1", kind: "Policy", spec });

const authorizer = abacAuthorizer(
  parseAbacPolicies(
    [
      "# who may what",
      "",
      line({ user: "ann", namespace: "*", resource: "*", apiGroup: "*" }),
      line({ group: "dev", namespace: "team", resource: "pods", readonly: true }),
      line({ user: "bob", group: "ops", namespace: "*", resource: "nodes" }),
      line({ user: "*", nonResourcePath: "/version" }),
      line({ group: "dev", nonResourcePath: "/logs/*", readonly: true }),
      line({ namespace: "*", resource: "secrets" }),
    ].join("\n"),
    "policies",
  ),
);

/** `USER[:GROUP] VERB RESOURCE|/PATH [NAMESPACE] [API GROUP]`. */
function attributes(text: string): Attributes {
  const [who = "", verb = "", what = "", namespace = "", group = ""] = text.split(" ");
  const [username = "", ...groups] = who.split(":");
  const about = what.startsWith("/") ? { resource: "", path: what } : { resource: what };
  return { user: { username, groups }, verb, group, namespace, name: "", ...about };
}

const cases: { readonly [asked: string]: boolean } = {
  "ann delete deployments any apps": true,
  "ann get /healthz": false,
  "eve:dev get pods team": true,
  "eve:dev delete pods team": false,
  "eve:dev get pods other": false,
  "eve:dev get pods team apps": false,
  "bob get nodes": false,
  "bob:ops get nodes": true,
  "eve:ops get nodes": false,
  "eve get /version": true,
  "eve:dev get /logs/a/b": true,
  "eve:dev post /logs/a": false,
  "eve get secrets a": false,
};

for (const [asked, isAllowed] of Object.entries(cases))
  test(`ABAC: ${asked}`, async () => {
    const { decision, reason } = await authorizer.authorize(attributes(asked));
    assert.deepEqual([decision, reason], isAllowed ? ["Allow", ""] : ["NoOpinion", "No policy matched."]);
  });

test("ABAC: what somebody may in a namespace", () => {
  const { rules } = authorizer.rules?.({ username: "eve", groups: ["dev"] }, "team") ?? {};
  assert.deepEqual(rules, [{ verbs: ["get", "list", "watch"], apiGroups: [""], resources: ["pods"] }]);
});

for (const [text, wanted] of [
  ["{", /^p:1: /],
  [
    `\n${JSON.stringify({ kind: "Policy" })}`,
    /^p:2: expected kind Policy of abac\.authorization\.kubernetes\.io\/v1beta1$/,
  ],
  [line({ usr: "a" }), /^p:1: unknown field "spec\.usr"$/],
  [line({ user: 1 }), /^p:1: spec\.user: expected a string$/],
] as const)
  test(`ABAC: no policy: ${text.trim()}`, () =>
    assert.throws(
      () => parseAbacPolicies(text, "p"),
      (error: unknown) => error instanceof SyntaxError && wanted.test(error.message),
    ));
