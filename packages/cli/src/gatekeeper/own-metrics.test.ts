import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bed, configMap, constraint, eventually, template, withGatekeeper } from "./gatekeeper.fixture.ts";

const owned = template(
  "NeedLabels",
  'l := input.parameters.labels[_]; not input.review.object.metadata.labels[l]; msg := sprintf("no %v", [l])',
);

/** Values by name and labels, of Gatekeeper's metrics alone, without the buckets. */
async function metrics({ client }: Bed): Promise<{ readonly [metric: string]: number }> {
  const found: [string, number][] = [];
  for await (const line of client.lines("/metrics", {}, AbortSignal.timeout(30_000))) {
    const [, metric = "", value] = /^(gatekeeper_\S+) (\S+)$/.exec(line) ?? [];
    if (metric !== "" && !metric.includes("_bucket")) found.push([metric, Number(value)]);
  }
  return Object.fromEntries(found);
}

test("up tells of Gatekeeper at /metrics by its names, once there is something of it", () =>
  withGatekeeper(
    async (bed) => {
      assert.deepEqual(await metrics(bed), {});
      await bed.apply(owned);
      await eventually(
        () => bed.get("/apis/constraints.gatekeeper.sh/v1beta1/needlabels"),
        (each) => each["items"] !== undefined,
      );
      const match = "match: {namespaces: [default], kinds: [{kinds: [ConfigMap]}]}";
      const warns = `{${match}, parameters: {labels: [owner]}, enforcementAction: warn}`;
      assert.equal(await bed.apply(configMap("before", "default", "{}")), "created");
      assert.equal(await bed.apply(constraint("NeedLabels", "warns", warns)), "created");
      assert.equal(
        await bed.apply(constraint("NeedLabels", "denies", `{${match}, parameters: {labels: [team]}}`)),
        "created",
      );
      const before = await metrics(bed);
      assert.match(await bed.apply(configMap("bad", "default", "{}")), /no team/);
      assert.equal(await bed.apply(configMap("good", "default", "{team: a}")), "created");
      const after = await metrics(bed);
      const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
      const requests = "gatekeeper_validation_request_count_total";
      assert.equal(grown(`${requests}{admission_dryrun="false",admission_status="deny"}`), 1);
      // The server itself writes beside us.
      assert.ok(grown(`${requests}{admission_dryrun="false",admission_status="allow"}`) >= 1);
      assert.equal(grown('gatekeeper_validation_request_duration_seconds_count{admission_status="deny"}'), 1);
      assert.ok(grown('gatekeeper_mutation_request_count_total{mutation_status="skip"}') >= 2);
      assert.equal(after['gatekeeper_constraint_templates{status="active"}'], 1);
      assert.equal(after['gatekeeper_constraints{enforcement_action="warn",status="active"}'], 1);
      assert.equal(after['gatekeeper_constraints{enforcement_action="deny",status="active"}'], 1);
      const audited = await eventually(
        () => metrics(bed),
        (each) => (each['gatekeeper_violations{enforcement_action="warn"}'] ?? 0) >= 2,
      );
      assert.ok((audited["gatekeeper_audit_duration_seconds_count"] ?? 0) >= 1);
      assert.ok((audited["gatekeeper_audit_last_run_end_time"] ?? 0) > 0);
    },
    {},
    { auditInterval: 0.2 },
  ));
