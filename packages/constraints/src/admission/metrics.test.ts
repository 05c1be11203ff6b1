import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { GatekeeperMetrics } from "./metrics.ts";

const constraint = (spec: object): KubeObject => ({
  apiVersion: "constraints.gatekeeper.sh/v1beta1",
  kind: "NeedLabels",
  metadata: { name: "c" },
  spec,
});
const template = { apiVersion: "templates.gatekeeper.sh/v1", kind: "ConstraintTemplate", metadata: { name: "t" } };

test("what is stored is counted by what it does and whether it is in force", () => {
  const text = new GatekeeperMetrics().render([
    { object: constraint({}), isActive: true },
    { object: constraint({ enforcementAction: "deny" }), isActive: true },
    { object: constraint({ enforcementAction: "warn" }), isActive: false },
    { object: constraint({ enforcementAction: "shout" }), isActive: true },
    { object: template, isActive: false },
  ]);
  assert.deepEqual(
    text.split("\n").filter((line) => /^gatekeeper_(constraints|constraint_templates)\{/.test(line)),
    [
      'gatekeeper_constraints{enforcement_action="deny",status="active"} 2',
      'gatekeeper_constraints{enforcement_action="unrecognized",status="active"} 1',
      'gatekeeper_constraints{enforcement_action="warn",status="error"} 1',
      'gatekeeper_constraint_templates{status="error"} 1',
    ],
  );
});

test("reviews are counted by their answer, with their durations", () => {
  const metrics = new GatekeeperMetrics();
  metrics.answered("validation", "allow", false, 0.0005);
  metrics.answered("validation", "allow", true, 0.02);
  metrics.answered("validation", "deny", false, 20);
  metrics.answered("mutation", "success", false, 0.001);
  const lines = metrics.render([]).split("\n");
  assert.deepEqual(
    lines.filter((line) => /^gatekeeper_\w+_request_count_total\{/.test(line)),
    [
      'gatekeeper_validation_request_count_total{admission_dryrun="false",admission_status="allow"} 1',
      'gatekeeper_validation_request_count_total{admission_dryrun="true",admission_status="allow"} 1',
      'gatekeeper_validation_request_count_total{admission_dryrun="false",admission_status="deny"} 1',
      'gatekeeper_mutation_request_count_total{mutation_status="success"} 1',
    ],
  );
  const bucket = (labels: string) =>
    lines.find((line) => line.startsWith(`gatekeeper_validation_request_duration_seconds_bucket{${labels}`));
  assert.match(bucket('admission_status="allow",le="0.001"') ?? "", / 1$/);
  assert.match(bucket('admission_status="allow",le="0.02"') ?? "", / 2$/);
  assert.match(bucket('admission_status="deny",le="10"') ?? "", / 0$/);
  assert.match(bucket('admission_status="deny",le="+Inf"') ?? "", / 1$/);
});
