import assert from "node:assert/strict";
import { test } from "node:test";
import { pod, requestFor, snapshotOf, testEffects } from "../admission.fixture.ts";
import { admit } from "../admit.ts";
import { createImagePolicyWebhook, type ImagePolicyOptions } from "./image-policy-webhook.ts";

type Answer = object | Error;

/** What comes of pods one after another; the clock goes on a second with each. */
async function decide(answers: readonly Answer[], more: Partial<ImagePolicyOptions> = {}, metadata: object = {}) {
  const asked: object[] = [];
  let now = 0;
  const ask = async (review: object) => {
    asked.push(review);
    const next = answers[asked.length - 1] ?? new Error("not expected");
    if (next instanceof Error) throw next;
    return { status: next };
  };
  const plugin = createImagePolicyWebhook({ ask, allowTtlMs: 1500, denyTtlMs: 0, defaultAllow: false, ...more });
  const effects = { ...testEffects, now: () => now };
  const decisions = [];
  for (let i = 0; i < 3; i++, now += 1000)
    decisions.push(await admit(requestFor(pod({}, metadata)), snapshotOf([]), effects, { plugins: [plugin] }));
  return { messages: decisions.map(({ status }) => status?.message), first: decisions[0], asked };
}

const forbidden = 'pods "p" is forbidden: ';

test("ImagePolicyWebhook: what is allowed is kept for a while", async () => {
  const { messages, asked } = await decide([{ allowed: true }, { allowed: false, reason: "evil" }]);
  assert.deepEqual(messages, [
    undefined,
    undefined,
    `${forbidden}image policy webhook backend denied one or more images: evil`,
  ]);
  assert.equal(asked.length, 2);
});

test("ImagePolicyWebhook: the review has images and the annotations that are for it", async () => {
  const annotations = { "a.image-policy.k8s.io/ticket": "1", other: "2" };
  const { asked } = await decide([{ allowed: true }, { allowed: true }], {}, { annotations });
  assert.deepEqual(asked[0], {
    kind: "ImageReview",
    apiVersion: "imagepolicy.k8s.io/v1alpha1",
    spec: { containers: [{ image: "x" }], annotations: { "a.image-policy.k8s.io/ticket": "1" }, namespace: "default" },
  });
});

test("ImagePolicyWebhook: refusals without a reason are not kept here, and annotations are passed on", async () => {
  const no = { allowed: false, auditAnnotations: { k: "v" } };
  const { messages, first, asked } = await decide([no, no, no]);
  assert.equal(messages[0], `${forbidden}one or more images rejected by webhook backend`);
  assert.deepEqual(first?.auditAnnotations, { "imagepolicywebhook.image-policy.k8s.io/k": "v" });
  assert.equal(asked.length, 3);
});

test("ImagePolicyWebhook: a backend that is away", async () => {
  const away = new Error('Post "https://images.example.com": connection refused');
  const closed = await decide([away, away, away]);
  assert.equal(closed.messages[0], forbidden + away.message);
  const open = await decide([away, away, away], { defaultAllow: true });
  assert.equal(open.messages[0], undefined);
  assert.deepEqual(open.first?.auditAnnotations, { "imagepolicywebhook.image-policy.k8s.io/failed-open": "true" });
});
