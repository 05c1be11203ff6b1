import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { namespace, pod, requestFor, snapshotOf, testEffects } from "../admission.fixture.ts";
import { admit } from "../admit.ts";
import type { Decision } from "../decision.ts";
import type { WebhookCalled } from "../observer.ts";
import type { WebhookPost } from "../snapshot.ts";
import { createMutatingAdmissionWebhook } from "./mutating-admission-webhook.ts";
import { createValidatingAdmissionWebhook } from "./validating-admission-webhook.ts";

interface Hook {
  readonly name?: string;
  readonly kind?: "Mutating" | "Validating";
  readonly [field: string]: unknown;
}

/** A configuration with one webhook that takes all pods. */
function configuration({ kind = "Validating", name = "hook.example.com", ...rest }: Hook = {}): KubeObject {
  const webhook = {
    name,
    clientConfig: { url: "https://hook.example.com/check" },
    rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["*"] }],
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    ...rest,
  };
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name },
    webhooks: [webhook],
  };
}

type Answer = string | Error | ((call: WebhookPost) => object);

async function decide(
  hooks: readonly Hook[],
  answer: Answer,
  dryRun = false,
  object: KubeObject = pod(),
  oldObject?: KubeObject,
): Promise<{
  readonly decision: Decision;
  readonly calls: readonly WebhookPost[];
  readonly told: readonly WebhookCalled[];
}> {
  const calls: WebhookPost[] = [];
  const told: WebhookCalled[] = [];
  const observer = {
    webhookCalled: (call: WebhookCalled) => told.push(call),
    policyChecked: () => {},
    mutationChecked: () => {},
    conditionsMatched: () => {},
    podSecurity: () => {},
  };
  const post = async (call: WebhookPost) => {
    calls.push(call);
    if (answer instanceof Error) throw answer;
    if (typeof answer === "string") return { code: 200, type: "application/json", body: answer };
    const { uid } = (JSON.parse(call.body) as { request: { uid: string } }).request;
    return {
      code: 200,
      type: "application/json",
      body: JSON.stringify({
        kind: "AdmissionReview",
        apiVersion: "admission.k8s.io/v1",
        response: { uid, ...answer(call) },
      }),
    };
  };
  const snapshot = snapshotOf([namespace("default", { team: "a" }), ...hooks.map(configuration)]);
  const operation = oldObject === undefined ? "CREATE" : "UPDATE";
  const request = { ...requestFor(object, operation, oldObject ?? null), dryRun };
  const decision = await admit(
    request,
    snapshot,
    { ...testEffects, post, observer },
    { plugins: [createMutatingAdmissionWebhook(), createValidatingAdmissionWebhook()] },
  );
  return { decision, calls, told };
}

test("allowed, with warnings and annotations", async () => {
  const { decision, calls } = await decide([{}], () => ({
    allowed: true,
    warnings: ["mind"],
    auditAnnotations: { k: "v" },
  }));
  assert.deepEqual(
    [decision.allowed, decision.warnings, decision.auditAnnotations],
    [true, ["mind"], { "hook.example.com/k": "v" }],
  );
  assert.equal(calls[0]?.url, "https://hook.example.com/check?timeout=10s");
});

test("denied, in upstream's words", async () => {
  const { decision } = await decide([{}], () => ({ allowed: false, status: { message: "no", code: 422 } }));
  assert.deepEqual(
    [decision.status?.message, decision.status?.code],
    ['admission webhook "hook.example.com" denied the request: no', 422],
  );
});

const told: { readonly [what: string]: readonly [hook: Hook, answer: Answer, code: number, rejection?: string] } = {
  "an answer that allows": [{}, () => ({ allowed: true }), 200],
  "a refusal": [{}, () => ({ allowed: false, status: { code: 422 } }), 422, "no_error"],
  "a refusal without a code": [{ kind: "Mutating" }, () => ({ allowed: false }), 400, "no_error"],
  "a call that fails": [{}, new Error("refused"), 503, "calling_webhook_error"],
  "a call that fails, and is passed over": [{ failurePolicy: "Ignore" }, new Error("refused"), 503],
  garbage: [{}, "<html>", 503, "calling_webhook_error"],
  "a review that nobody knows": [
    { admissionReviewVersions: ["v9"] },
    () => ({ allowed: true }),
    400,
    "calling_webhook_error",
  ],
  "a patch that cannot be applied": [
    { kind: "Mutating" },
    () => ({ allowed: true, patch: btoa('[{"op":"remove","path":"/none"}]'), patchType: "JSONPatch" }),
    0,
    "apiserver_internal_error",
  ],
  "a patch of another type": [
    { kind: "Mutating" },
    () => ({ allowed: true, patch: btoa("{}"), patchType: "JSONPatch" }),
    503,
    "calling_webhook_error",
  ],
};

for (const [what, [hook, answer, code, rejection]] of Object.entries(told))
  test(`metrics are told of ${what}`, async () => {
    const { told: calls } = await decide([hook], answer);
    const failedOpen = hook["failurePolicy"] === "Ignore";
    const type = hook.kind === "Mutating" ? "admit" : "validating";
    assert.deepEqual(calls, [
      { name: "hook.example.com", type, operation: "CREATE", seconds: 0, code, rejection, failedOpen },
    ]);
  });

test("what a patch makes of an object of another group is none of that group's", async () => {
  const object = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "r", namespace: "default" },
    spec: { selector: { matchLabels: { a: "b" } } },
  };
  const value = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "r" } };
  const rules = [{ apiGroups: ["apps"], apiVersions: ["v1"], resources: ["replicasets"], operations: ["*"] }];
  const answer = () => ({
    allowed: true,
    patch: btoa(JSON.stringify([{ op: "replace", path: "", value }])),
    patchType: "JSONPatch",
  });
  const { decision } = await decide([{ kind: "Mutating", rules }], answer, false, object);
  assert.equal(decision.status?.message, "converting (v1.ConfigMap) to (apps.ReplicaSet): unknown conversion");
});

const failures: { readonly [what: string]: readonly [answer: Answer, text: RegExp] } = {
  "a refused connection": [
    new Error('Post "https://hook.example.com/check?timeout=10s": connection refused'),
    /failed calling webhook "hook\.example\.com": failed to call webhook: Post "https:\/\/hook.example.com\/check\?timeout=10s": connection refused/,
  ],
  garbage: ["<html>", /failed calling webhook.*json parse error/],
  "another kind": ['{"kind":"Pod","apiVersion":"v1"}', /no kind "Pod" is registered for version "v1" in scheme/],
  "no response": ['{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}', /webhook response was absent/],
  "an answer of nothing": ["", /0-length response with status code: 200 and content type: application\/json/],
  "half of an answer": ['{"kind":', /couldn't get version\/kind; json parse error: unexpected end of JSON input/],
  "a value of a wrong type": [
    () => ({ allowed: "yes" }),
    /json: cannot unmarshal string into Go struct field AdmissionResponse\.response\.allowed of type bool/,
  ],
  "a patch of a validating webhook": [
    () => ({ allowed: true, patch: btoa("[]"), patchType: "JSONPatch" }),
    /received invalid webhook response: validating webhook may not return response\.patch/,
  ],
  "a wrong uid": [
    () => ({ uid: "other", allowed: true }),
    /expected response\.uid="00000000-0000-4000-8000-000000000000", got "other"/,
  ],
};

for (const [what, [answer, text]] of Object.entries(failures)) {
  test(`${what} refuses by default, and is passed over by Ignore`, async () => {
    const { decision } = await decide([{}], answer);
    assert.equal(decision.status?.code, 500);
    assert.match(decision.status?.message ?? "", text);
    const ignored = await decide([{ failurePolicy: "Ignore" }], answer);
    assert.ok(ignored.decision.allowed);
    const annotation = "failed-open.validating.webhook.admission.k8s.io/round_0_index_0";
    assert.equal(ignored.decision.auditAnnotations[annotation], "hook.example.com");
  });
}

test("a patch is applied, and the next webhook sees it", async () => {
  const patch = btoa(JSON.stringify([{ op: "add", path: "/metadata/labels", value: { by: "hook" } }]));
  const hooks: Hook[] = [
    { kind: "Mutating", name: "a.example.com" },
    { kind: "Mutating", name: "b.example.com" },
  ];
  const { decision, calls } = await decide(hooks, (call) =>
    JSON.parse(call.body).request.object.metadata.labels === undefined
      ? { allowed: true, patch, patchType: "JSONPatch" }
      : { allowed: true },
  );
  assert.deepEqual(decision.object?.metadata.labels, { by: "hook" });
  assert.equal(JSON.parse(calls[1]?.body ?? "").request.object.metadata.labels.by, "hook");
  const labelled = { op: "add", path: "/metadata/labels", value: { by: "hook" } };
  assert.deepEqual(
    decision.steps[0]?.patch?.find(({ path }) => path === "/metadata/labels"),
    labelled,
  );
  assert.deepEqual(Object.keys(decision.patchAnnotations), ["patch.webhook.admission.k8s.io/round_0_index_0"]);
});

test("a patch that does not apply refuses", async () => {
  const patch = btoa(JSON.stringify([{ op: "remove", path: "/nope" }]));
  const { decision } = await decide([{ kind: "Mutating" }], () => ({ allowed: true, patch, patchType: "JSONPatch" }));
  assert.ok(!decision.allowed);
});

const seconds = "2026-01-01T00:00:00Z";
const entry = (fields: object, time = seconds) => ({
  manager: "kubectl",
  operation: "Update",
  apiVersion: "v1",
  time,
  fieldsType: "FieldsV1",
  fieldsV1: { "f:metadata": { "f:labels": fields } },
});

/** Whether a patch that only tests changes the object: it loses the fine times of what this request changed. */
const timed: { readonly [what: string]: readonly [before: object[], after: object[], mutated: boolean] } = {
  "a new manager": [[], [entry({ "f:a": {} })], true],
  "more fields in the same second": [[entry({ "f:a": {} })], [entry({ "f:a": {}, "f:b": {} })], true],
  "the same fields, later": [[entry({ "f:a": {} })], [entry({ "f:a": {} }, "2026-01-01T00:00:05Z")], true],
  "fewer fields": [[entry({ "f:a": {}, "f:b": {} })], [entry({ "f:a": {} })], false],
  "the same": [[entry({ "f:a": {} })], [entry({ "f:a": {} })], false],
};

for (const [what, [before, after, mutated]] of Object.entries(timed))
  test(`managed by ${what}: a patch that only tests has mutated: ${mutated}`, async () => {
    const patch = btoa(JSON.stringify([{ op: "test", path: "/kind", value: "Pod" }]));
    // With the fields that Go's type always has.
    const spec = { containers: [{ name: "a", image: "x", resources: {} }] };
    const managed = (managedFields: object[]) => ({ ...pod(spec, { managedFields }), status: {} });
    const { decision } = await decide(
      [{ kind: "Mutating" }],
      () => ({ allowed: true, patch, patchType: "JSONPatch" }),
      false,
      managed(after) as unknown as KubeObject,
      managed(before) as unknown as KubeObject,
    );
    const said = decision.auditAnnotations["mutation.webhook.admission.k8s.io/round_0_index_0"] ?? "";
    assert.equal(JSON.parse(said).mutated, mutated);
  });

test("a webhook with reinvocationPolicy IfNeeded is called again after a later change", async () => {
  const hooks: Hook[] = [
    { kind: "Mutating", name: "a.example.com", reinvocationPolicy: "IfNeeded" },
    { kind: "Mutating", name: "b.example.com" },
  ];
  let count = 0;
  const { calls } = await decide(hooks, () => {
    count++;
    const patch = btoa(JSON.stringify([{ op: "add", path: "/metadata/labels", value: { n: String(count) } }]));
    return count === 2 ? { allowed: true, patch, patchType: "JSONPatch" } : { allowed: true };
  });
  assert.equal(calls.length, 3);
});

const conditions: { readonly [expression: string]: number | RegExp } = {
  'request.operation == "CREATE"': 1,
  'object.metadata.name == "other"': 0,
  'request.userInfo.username == "jane" && "system:authenticated" in request.userInfo.groups': 1,
  'authorizer.group("").resource("pods").namespace("default").check("create").allowed()': 1,
  "object.spec.nope == 1": /no such key: nope/,
  "object.spec.nope == 1 && false": 0,
  "namespaceObject.metadata.name == 'default'": /no such key: metadata/,
};

for (const [expression, outcome] of Object.entries(conditions)) {
  test(`match condition ${expression}`, async () => {
    const matchConditions = [{ name: "c", expression }];
    const { decision, calls } = await decide([{ matchConditions }], () => ({ allowed: true }));
    if (typeof outcome === "number") return assert.deepEqual([decision.allowed, calls.length], [true, outcome]);
    assert.match(decision.status?.message ?? "", outcome);
    const ignored = await decide([{ matchConditions, failurePolicy: "Ignore" }], () => ({ allowed: false }));
    assert.deepEqual([ignored.decision.allowed, ignored.calls.length], [true, 0]);
  });
}

test("a rule of another version is sent the object in that version, unless its matchPolicy is Exact", async () => {
  const scaler: KubeObject = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { namespace: "default", name: "h" },
    spec: { maxReplicas: 3, scaleTargetRef: { kind: "Deployment", name: "d" } },
  };
  const rules = [{ apiGroups: ["autoscaling"], apiVersions: ["v1"], resources: ["*"], operations: ["*"] }];
  const { calls } = await decide([{ rules }], () => ({ allowed: true }), false, scaler);
  const { object, resource, requestResource } = JSON.parse(calls[0]?.body ?? "").request;
  assert.deepEqual([object.apiVersion, resource.version, requestResource.version], ["autoscaling/v1", "v1", "v2"]);
  const exact = await decide([{ rules, matchPolicy: "Exact" }], () => ({ allowed: true }), false, scaler);
  assert.equal(exact.calls.length, 0);
});

const unmatched: { readonly [what: string]: Hook } = {
  "another resource": { rules: [{ apiGroups: ["apps"], apiVersions: ["*"], resources: ["*"], operations: ["*"] }] },
  "another operation": {
    rules: [{ apiGroups: [""], apiVersions: ["*"], resources: ["pods"], operations: ["DELETE"] }],
  },
  "another scope": {
    rules: [{ apiGroups: [""], apiVersions: ["*"], resources: ["pods"], operations: ["*"], scope: "Cluster" }],
  },
  "another namespace": { namespaceSelector: { matchLabels: { team: "b" } } },
  "another object": { objectSelector: { matchExpressions: [{ key: "app", operator: "Exists" }] } },
};

for (const [what, hook] of Object.entries(unmatched)) {
  test(`not called for ${what}`, async () => {
    const { decision, calls } = await decide([hook], () => ({ allowed: false }));
    assert.deepEqual([decision.allowed, calls.length], [true, 0]);
  });
}

test("a dry run never calls a webhook with side effects", async () => {
  const { decision, calls } = await decide([{ sideEffects: "Some" }], () => ({ allowed: true }), true);
  assert.deepEqual(
    [decision.status?.message, calls.length],
    ['admission webhook "hook.example.com" does not support dry run', 0],
  );
});
