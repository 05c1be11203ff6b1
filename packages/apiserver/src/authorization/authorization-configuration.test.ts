import assert from "node:assert/strict";
import { test } from "node:test";
import { type AuthorizationConfiguration, configuredModes } from "./authorization-configuration.ts";
import type { Attributes } from "./authorizer.ts";
import { createAuthorizer } from "./modes.ts";

const webhook = {
  timeout: "3s",
  authorizedTTL: "5m",
  unauthorizedTTL: "30s",
  subjectAccessReviewVersion: "v1",
  failurePolicy: "NoOpinion",
  connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "/etc/webhook" },
};
const asked: object[] = [];

function modesOf(configuration: AuthorizationConfiguration, answer: () => object = () => ({ allowed: true })) {
  const post = async (body: object) => {
    asked.push((body as { readonly spec: object }).spec);
    return { status: answer() };
  };
  const client = (file: string) => (file === "/none" ? "error loading file" : post);
  return configuredModes(configuration, { client, now: Date.now });
}

function faultsOf(configuration: AuthorizationConfiguration): string {
  const found = modesOf(configuration);
  return "errors" in found ? found.errors.map(({ field, message }) => `${field}: ${message}`).join("\n") : "";
}

const hook = (change: object) => ({
  authorizers: [{ type: "Webhook", name: "w", webhook: { ...webhook, ...change } }],
});
const conditions = (...expressions: readonly string[]) =>
  hook({
    matchConditionSubjectAccessReviewVersion: "v1",
    matchConditions: expressions.map((expression) => ({ expression })),
  });

const faults: { readonly [what: string]: readonly [configuration: AuthorizationConfiguration, faults: string] } = {
  "a good one": [{ authorizers: [{ type: "Node", name: "node" }, ...hook({}).authorizers] }, ""],
  nothing: [{}, "authorizers: Required value: at least one authorization mode must be defined"],
  "an unknown type": [
    { authorizers: [{ type: "ABAC", name: "a" }] },
    'authorizers[0].type: Unsupported value: "ABAC": supported values: "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"',
  ],
  "a type twice": [
    { authorizers: ["a", "b"].map((name) => ({ type: "RBAC", name })) },
    'authorizers[1].type: Duplicate value: "RBAC"',
  ],
  "no name": [{ authorizers: [{ type: "RBAC" }] }, "authorizers[0].name: Required value"],
  "a long timeout": [hook({ timeout: "1m" }), 'authorizers[0].timeout: Invalid value: "1m": must be > 0s and <= 30s'],
  "no policy of failures": [hook({ failurePolicy: "" }), "authorizers[0].failurePolicy: Required value"],
  "a relative path": [
    hook({ connectionInfo: { type: "KubeConfigFile", kubeConfigFile: "a" } }),
    'authorizers[0].connectionInfo.kubeConfigFile: Invalid value: "a": must be an absolute path',
  ],
  "a condition that is none": [
    conditions("request.user"),
    'authorizers[0].matchConditions[0].expression: Invalid value: "request.user": must evaluate to bool but got string',
  ],
};

for (const [what, [configuration, wanted]] of Object.entries(faults))
  test(`an authorization configuration with ${what}`, () => assert.equal(faultsOf(configuration), wanted));

const pods: Attributes = {
  user: { username: "ann", groups: ["dev"] },
  verb: "list",
  group: "",
  version: "v1",
  resource: "pods",
  namespace: "kube-system",
  name: "",
  selectors: { labels: [{ key: "a", operator: "In", values: ["b"] }] },
};
const nothing = { get: () => undefined, list: () => [] };

async function decide(configuration: AuthorizationConfiguration, answer?: () => object): Promise<string> {
  const modes = modesOf(configuration, answer);
  assert.ok(!("errors" in modes));
  asked.length = 0;
  const { decision, error } = await createAuthorizer(modes, nothing).authorize(pods);
  return [decision, asked.length, ...(error === undefined ? [] : [error])].join(" ");
}

for (const [what, expressions, wanted] of [
  ["holds", ["request.resourceAttributes.namespace == 'kube-system'"], "Allow 1"],
  ["does not hold", ["has(request.resourceAttributes)", "request.user == 'bob'"], "NoOpinion 0"],
  [
    "fails",
    ["request.extra['k'][0] == 'v'"],
    "NoOpinion 0 cel evaluation error: expression 'request.extra['k'][0] == 'v'' resulted in error: no such key: k",
  ],
  ["fails, and another does not hold", ["request.extra['k'][0] == 'v'", "false"], "NoOpinion 0"],
  ["looks at selectors", ["request.resourceAttributes.labelSelector.requirements.exists(r, r.key == 'a')"], "Allow 1"],
] as const)
  test(`a condition that ${what}`, async () => assert.equal(await decide(conditions(...expressions)), wanted));

test("failures that deny", async () => {
  const [authorizer] = conditions("request.extra['k'][0] == 'v'").authorizers;
  const denying = { authorizers: [{ ...authorizer, webhook: { ...authorizer?.webhook, failurePolicy: "Deny" } }] };
  assert.match(await decide(denying as AuthorizationConfiguration), /^Deny 0 cel evaluation error/);
});

test("selectors are told to the service", async () => {
  await decide(hook({}));
  const [spec] = asked as { readonly resourceAttributes?: { readonly labelSelector?: object } }[];
  assert.deepEqual(spec?.resourceAttributes?.labelSelector, { requirements: pods.selectors?.labels });
});
