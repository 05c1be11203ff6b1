import assert from "node:assert/strict";
import { test } from "node:test";
import { pod } from "../admission.fixture.ts";
import { decide } from "../admission-policy/policies.fixture.ts";
import { validatingCases } from "../admission-policy/validating-cases.fixture.ts";

for (const [name, { policies, object = pod(), denied, code, warnings = [], annotations, ...rest }] of Object.entries(
  validatingCases,
))
  test(`ValidatingAdmissionPolicy: ${name}`, async () => {
    const decision = await decide(policies, object, rest);
    assert.equal(decision.status?.message, denied);
    assert.equal(decision.allowed, denied === undefined);
    if (code !== undefined) assert.equal(decision.status?.code, code);
    assert.deepEqual(decision.warnings, warnings);
    if (annotations !== undefined) assert.deepEqual(decision.auditAnnotations, annotations);
  });

const blamed: readonly (readonly [string, string, unknown])[] = [
  ["object.spec.hostNetwork == false", "spec.hostNetwork", true],
  ["object.metadata.name != 'p' && has(object.spec.hostNetwork)", "spec.hostNetwork", true],
  ["object.spec.containers.all(c, c.image == 'y')", "spec.containers", undefined],
  ["object.spec.containers[0].image == 'y'", "spec.containers[0].image", "x"],
  ["variables.host == false", "spec.hostNetwork", true],
  ["request.operation == 'UPDATE'", "", undefined],
];

for (const [expression, fieldPath, value] of blamed)
  test(`ValidatingAdmissionPolicy: ${expression} blames ${fieldPath || "nothing"}`, async () => {
    const variables = [{ name: "host", expression: "object.spec.hostNetwork" }];
    const decision = await decide([{ variables, validations: [{ expression }] }], pod({ hostNetwork: true }));
    const [reason] = decision.steps.flatMap((step) => step.reasons);
    assert.deepEqual([reason?.fieldPath, reason?.value, reason?.source?.policy], [fieldPath, value, "p/p-0"]);
  });
