import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import type { Constraint } from "../constraint.ts";
import type { AuditViolation } from "./audit.ts";
import { exportMessage } from "./export-message.ts";
import { policyReport } from "./policy-report.ts";

const pod: KubeObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "dev", uid: "u-1", labels: { app: "web" } },
};
const constraint = {
  kind: "NeedLabels",
  name: "owner",
  object: {
    apiVersion: "constraints.gatekeeper.sh/v1beta1",
    kind: "NeedLabels",
    metadata: {
      name: "owner",
      annotations: { why: "billing", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
    },
  },
} as unknown as Constraint;

function violation(enforcementAction: string, enforcementActions: readonly string[] = []): AuditViolation {
  return {
    constraint,
    object: pod,
    message: `said ${enforcementAction}`,
    details: { missing: ["owner"] },
    enforcementAction,
    enforcementActions,
  };
}

test("a report of an object: what is denied fails, all else warns", () => {
  const all = [violation("deny"), violation("warn"), violation("dryrun"), violation("scoped", ["deny"])];
  const report = policyReport(pod, all, { api: "wgpolicyk8s.io", at: 61_500 });
  const { apiVersion, kind, metadata } = report;
  assert.deepEqual(
    [apiVersion, kind, metadata.name, metadata.namespace],
    ["wgpolicyk8s.io/v1alpha2", "PolicyReport", "u-1", "dev"],
  );
  assert.deepEqual(report["summary"], { pass: 0, fail: 2, warn: 2, error: 0, skip: 0 });
  assert.deepEqual(report["scope"], { apiVersion: "v1", kind: "Pod", name: "web", namespace: "dev", uid: "u-1" });
  const [first] = report["results"] as readonly object[];
  assert.deepEqual(first, {
    source: "gatekeeper",
    policy: "NeedLabels",
    rule: "owner",
    result: "fail",
    scored: true,
    message: "said deny",
    properties: { enforcementAction: "deny" },
    timestamp: { seconds: 61, nanos: 0 },
  });
});

test("objects of files have names for their reports that differ", () => {
  const report = (name: string, namespace?: string) =>
    policyReport(
      { apiVersion: "v1", kind: "Pod", metadata: { name, ...(namespace === undefined ? {} : { namespace }) } },
      [violation("deny")],
      { api: "openreports.io", at: 0 },
    );
  const all = [report("a"), report("b"), report("a", "x"), report("a", "y")];
  assert.deepEqual(
    all.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`),
    ["ClusterReport", "ClusterReport", "Report", "Report"].map((kind) => `openreports.io/v1alpha1 ${kind}`),
  );
  assert.equal(new Set(all.map(({ metadata }) => metadata.name)).size, 4);
  for (const { metadata } of all) assert.match(metadata.name ?? "", /^[a-z0-9-]{1,63}$/);
});

test("a violation as Gatekeeper exports it", () => {
  assert.deepEqual(exportMessage(violation("deny"), "2026-01-01T00:00:00Z"), {
    id: "2026-01-01T00:00:00Z",
    details: { missing: ["owner"] },
    eventType: "violation_audited",
    group: "constraints.gatekeeper.sh",
    version: "v1beta1",
    kind: "NeedLabels",
    name: "owner",
    message: "said deny",
    enforcementAction: "deny",
    constraintAnnotations: { why: "billing" },
    resourceAPIVersion: "v1",
    resourceKind: "Pod",
    resourceNamespace: "dev",
    resourceName: "web",
    resourceLabels: { app: "web" },
  });
});
