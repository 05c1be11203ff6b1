import assert from "node:assert/strict";
import { test } from "node:test";
import { accessReviewEnvironment, BOOL, type Program } from "@sallyport/cel";
import { WebhookError } from "../authentication/webhook-client.ts";
import { compileBound } from "../cel-expression.ts";
import { AccessMetrics } from "../metrics/access-metrics.ts";
import type { Attributes } from "./authorizer.ts";
import { createAuthorizer } from "./modes.ts";
import { type WebhookAuthorizerOptions, webhookAuthorizer } from "./webhook.ts";

const attributes: Attributes = {
  user: { username: "ann", groups: ["dev"], extra: { k: ["v"] } },
  verb: "get",
  group: "",
  resource: "pods",
  namespace: "ns",
  name: "p",
};

/** A service that answers what it is told, and counts. */
function service(answer: object | Error) {
  const asked: object[] = [];
  let now = 0;
  const options = {
    post: async (body: object) => {
      asked.push(body);
      if (answer instanceof Error) throw answer;
      return { status: answer };
    },
    version: "v1" as const,
    authorizedTtlMs: 100,
    unauthorizedTtlMs: 10,
    now: () => now,
  };
  return { options, asked, authorizer: webhookAuthorizer(options), pass: (ms: number) => (now += ms) };
}

const cases: readonly (readonly [what: string, answer: object | Error, verdict: object])[] = [
  ["allowed", { allowed: true, reason: "ok" }, { decision: "Allow", reason: "ok" }],
  ["denied", { denied: true, reason: "no" }, { decision: "Deny", reason: "no" }],
  ["no opinion", { allowed: false }, { decision: "NoOpinion", reason: "" }],
  [
    "both",
    { allowed: true, denied: true },
    {
      decision: "Deny",
      reason: "",
      error: "webhook subject access review returned both allow and deny response",
    },
  ],
  ["away", new WebhookError("away"), { decision: "NoOpinion", reason: "", error: "away" }],
];

for (const [what, answer, verdict] of cases) {
  test(`authorization webhook: ${what}`, async () => {
    assert.deepEqual(await service(answer).authorizer.authorize(attributes), verdict);
  });
}

test("authorization webhook: what is asked, and how long it is remembered", async () => {
  const { asked, authorizer, pass } = service({ allowed: true });
  await authorizer.authorize(attributes);
  const resourceAttributes = {
    namespace: "ns",
    verb: "get",
    group: "",
    version: "",
    resource: "pods",
    subresource: "",
    name: "p",
  };
  assert.deepEqual(asked, [
    {
      kind: "SubjectAccessReview",
      apiVersion: "authorization.k8s.io/v1",
      spec: { resourceAttributes, user: "ann", groups: ["dev"], extra: { k: ["v"] } },
    },
  ]);
  pass(99);
  await authorizer.authorize(attributes);
  assert.equal(asked.length, 1);
  pass(2);
  await authorizer.authorize(attributes);
  assert.equal(asked.length, 2);
});

test("authorization webhook: what is counted, by the name in the configuration", async () => {
  const metrics = new AccessMetrics();
  const ask = async (answer: object | Error, more: Partial<WebhookAuthorizerOptions> = {}) => {
    const webhook = { ...service(answer).options, ...more };
    await createAuthorizer([{ mode: "Webhook", webhook }], nothing, undefined, metrics).authorize(attributes);
  };
  const condition = (text: string) => ({
    text,
    program: compileBound(text, accessReviewEnvironment(), BOOL) as Program,
  });
  await ask({ allowed: true }, { name: "a", matchConditions: [condition("true")] });
  await ask({ allowed: true }, { name: "a", matchConditions: [condition("false")] });
  await ask(new WebhookError("away"));
  await ask(new WebhookError("context deadline exceeded"), { onError: "Deny" });
  const text = metrics.all.map((each) => each.render()).join("");
  const counted = text.match(
    /^apiserver_authorization_(?:decisions|webhook_evaluations|match_condition).*(?:total|count)\{.*$/gm,
  );
  assert.deepEqual(counted?.toSorted(), [
    'apiserver_authorization_decisions_total{decision="allowed",name="a",type="Webhook"} 1',
    'apiserver_authorization_decisions_total{decision="denied",name="default",type="Webhook"} 1',
    'apiserver_authorization_match_condition_evaluation_seconds_count{name="a",type="Webhook"} 2',
    'apiserver_authorization_match_condition_exclusions_total{name="a",type="Webhook"} 1',
    'apiserver_authorization_webhook_evaluations_fail_open_total{name="default",result="error"} 1',
    'apiserver_authorization_webhook_evaluations_total{name="a",result="success"} 1',
    'apiserver_authorization_webhook_evaluations_total{name="default",result="error"} 1',
    'apiserver_authorization_webhook_evaluations_total{name="default",result="timeout"} 1',
  ]);
});

const nothing = { get: () => undefined, list: () => [] };

test("modes: the first with an opinion decides, and system:masters needs none", async () => {
  const denying = service({ denied: true, reason: "closed" });
  const decide = async (modes: Parameters<typeof createAuthorizer>[0], groups = ["dev"]) =>
    createAuthorizer(modes, nothing, denying.options).authorize({ ...attributes, user: { username: "ann", groups } });
  assert.equal((await decide(["AlwaysAllow", "Webhook"])).decision, "Allow");
  assert.deepEqual(await decide(["Webhook", "AlwaysAllow"]), { decision: "Deny", reason: "closed" });
  assert.deepEqual(await decide(["RBAC", "AlwaysDeny"]), { decision: "NoOpinion", reason: "Everything is forbidden." });
  assert.equal((await decide(["AlwaysDeny"], ["system:masters"])).decision, "Allow");
});
