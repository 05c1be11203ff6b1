import assert from "node:assert/strict";
import { test } from "node:test";
import { pod } from "../admission.fixture.ts";
import { applying, mutatingCases } from "../admission-policy/mutating-cases.fixture.ts";
import { decide } from "../admission-policy/policies.fixture.ts";

for (const [name, { policies, object = pod(), labels, spec, denied, ...rest }] of Object.entries(mutatingCases))
  test(`MutatingAdmissionPolicy: ${name}`, async () => {
    const decision = await decide(policies, object, rest);
    assert.equal(decision.status?.message, denied);
    if (labels !== undefined) assert.deepEqual(decision.object?.metadata.labels, labels);
    for (const [field, wanted] of Object.entries(spec ?? {}))
      assert.deepEqual((decision.object?.["spec"] as { [field: string]: unknown })[field], wanted);
  });

test("MutatingAdmissionPolicy: refusals are forbidden by code, invalid by reason, and tell all causes", async () => {
  const failing = applying("Object{metadata: Object.metadata{name: object.missing}}");
  const { status } = await decide([failing, { ...failing, name: "q" }], pod());
  assert.deepEqual([status?.code, status?.reason, status?.details?.causes?.length], [403, "Invalid", 2]);
});
