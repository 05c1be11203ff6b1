import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reason } from "@sallyport/admission";
import type { CheckResult } from "./checker.ts";
import { withoutValues } from "./without-values.ts";

const canary = "canary-5e1f";
const base64 = Buffer.from(canary).toString("base64");
const patch = [{ op: "add", path: "/data/k", value: canary } as const];
const reason: Reason = {
  code: "c",
  message: `m ${canary}`,
  fieldPath: "data.k",
  value: canary,
  fix: { patch, verified: true },
};

function resultOf(kind: string): CheckResult {
  const metadata = {
    name: "a",
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": canary, kept: "yes" },
  };
  return {
    ...{ file: "a.yaml", line: 1, apiVersion: "v1", kind, namespace: "n", name: "a", verdict: "denied", warnings: [] },
    message: `denied: ${base64}`,
    ruleReasons: [reason],
    decision: {
      allowed: false,
      object: { apiVersion: "v1", kind, metadata, data: { k: base64 }, stringData: { s: canary } },
      warnings: [],
      auditAnnotations: {},
      patchAnnotations: { "patch.webhook": canary },
      steps: [{ plugin: "P", phase: "validating", outcome: "denied", why: "w", patch, reasons: [reason], cost: 1 }],
    },
  };
}

test("a report tells the lengths of Secrets' values, and leaves all else as it is", () => {
  const report = { results: [resultOf("Secret"), resultOf("ConfigMap")], assumptions: ["x"] };
  const { results, assumptions } = withoutValues(report);
  assert.ok(!JSON.stringify(results[0]).includes(canary) && !JSON.stringify(results[0]).includes(base64));
  assert.deepEqual(results[0]?.decision?.object?.["data"], { k: "(11 bytes)" });
  assert.deepEqual(results[0]?.decision?.object?.["stringData"], { s: "(11 bytes)" });
  assert.equal(results[0]?.decision?.object?.metadata.annotations?.["kept"], "yes");
  assert.equal(results[0]?.message, "denied: (11 bytes)");
  assert.deepEqual(results[0]?.ruleReasons?.[0]?.fieldPath, "data.k");
  assert.deepEqual([results[1], assumptions], [resultOf("ConfigMap"), ["x"]]);
});
