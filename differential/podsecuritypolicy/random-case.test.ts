import assert from "node:assert/strict";
import { test } from "node:test";
import { randomTape, Tape } from "../tape.ts";
import { randomCase } from "./random-case.ts";
import { stepsOf } from "./steps.ts";

const cases = Array.from({ length: 200 }, (_, i) => randomCase(new Tape(randomTape(1, i))));

test("differential: random PodSecurityPolicies have every rule, and are the same for the same seed", () => {
  const specs = cases.flatMap(({ policies }) =>
    policies.map(({ policy }) => policy["spec"] as { [rule: string]: unknown }),
  );
  const rules = new Set(specs.flatMap((spec) => Object.keys(spec)));
  assert.ok(rules.size >= 24, [...rules].join(" "));
  assert.deepEqual(new Set(cases.map(({ policies }) => policies.length)), new Set([1, 2, 3]));
  assert.deepEqual(randomCase(new Tape(randomTape(1, 7))), cases[7]);
});

test("differential: the policies of a case are called after it, and so is the hint of its pod", () => {
  const hinted = cases.find(({ pod }) => pod.metadata.annotations?.["kubernetes.io/psp"] !== undefined);
  assert.ok(hinted !== undefined);
  const { policies, create, changes, after } = stepsOf(hinted, "s");
  const { metadata } = create.body as { readonly metadata: { readonly annotations: { [key: string]: string } } };
  assert.equal(metadata.annotations["kubernetes.io/psp"], "s-b");
  assert.equal(create.headers?.["impersonate-user"], "jane");
  assert.equal(changes.at(-1)?.path, "/api/v1/namespaces/s/pods/p/ephemeralcontainers");
  assert.deepEqual(after[0], { method: "DELETE", path: "/apis/policy/v1beta1/podsecuritypolicies/s-b" });
  assert.equal(after.length, policies.length);
});
