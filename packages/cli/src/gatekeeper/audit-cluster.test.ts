import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuditViolation } from "@sallyport/constraints";
import { auditCluster } from "./audit-cluster.ts";
import { configMap, constraint, eventually, template, withGatekeeper } from "./gatekeeper.fixture.ts";

const owned = template(
  "NeedLabels",
  'l := input.parameters.labels[_]; not input.review.object.metadata.labels[l]; msg := sprintf("no %v", [l])',
);
const needs = (name: string, label: string, more = "") =>
  constraint("NeedLabels", name, `{match: {namespaces: [default]}, parameters: {labels: [${label}]}${more}}`);

test("an audit reads a cluster in pages, tells every violation, and writes totals and the first ones into the status", () =>
  withGatekeeper(async (bed) => {
    for (let i = 0; i < 7; i++)
      assert.equal(await bed.apply(configMap(`m${i}`, "default", "{audited: yes-1}")), "created");
    assert.equal(await bed.apply(configMap("good", "default", "{audited: yes-1, owner: me}")), "created");
    await bed.apply(owned);
    const path = "/apis/constraints.gatekeeper.sh/v1beta1/needlabels";
    await eventually(
      () => bed.get(path),
      (each) => each["items"] !== undefined,
    );
    const maps =
      "{match: {labelSelector: {matchLabels: {audited: yes-1}}, kinds: [{apiGroups: [''], kinds: [ConfigMap]}]}, parameters: {labels: [owner]}}";
    assert.equal(await bed.apply(constraint("NeedLabels", "owner", maps)), "created");
    const scoped = `, enforcementAction: scoped, scopedEnforcementActions: [{action: deny, enforcementPoints: [{name: validation.gatekeeper.sh}]}]`;
    assert.equal(await bed.apply(needs("elsewhere", "x", scoped)), "created");
    const told: AuditViolation[] = [];
    const options = { client: bed.client, chunkSize: 3, violationsLimit: 2, writesStatus: true, now: () => 0 };
    const audit = await auditCluster({ ...options, onViolation: (each) => void told.push(each) });
    assert.equal(audit.total, 7);
    assert.deepEqual(
      told.map(({ object, message }) => `${object.metadata.name} ${message}`),
      [0, 1, 2, 3, 4, 5, 6].map((i) => `m${i} no owner`),
    );
    const { status } = await bed.get(`${path}/owner`);
    assert.equal(status.totalViolations, 7);
    assert.equal(status.auditTimestamp, "1970-01-01T00:00:00Z");
    const violation = {
      enforcementAction: "deny",
      group: "",
      kind: "ConfigMap",
      message: "no owner",
      namespace: "default",
      version: "v1",
    };
    assert.deepEqual(
      status.violations,
      ["m0", "m1"].map((name) => ({ ...violation, name })),
    );
    for (let i = 0; i < 7; i++) await bed.remove(`/api/v1/namespaces/default/configmaps/m${i}`);
    await auditCluster(options);
    const after = await bed.get(`${path}/owner`);
    assert.deepEqual([after["status"].totalViolations, after["status"].violations], [0, undefined]);
    assert.notEqual(after["status"].byPod, undefined);
  }));

test("others have their turn while an audit looks at the objects of a page", () =>
  withGatekeeper(async (bed) => {
    for (let i = 0; i < 3; i++)
      assert.equal(await bed.apply(configMap(`m${i}`, "default", "{audited: yes-1}")), "created");
    await bed.apply(owned);
    await eventually(
      () => bed.get("/apis/constraints.gatekeeper.sh/v1beta1/needlabels"),
      (each) => each["items"] !== undefined,
    );
    const match = "match: {labelSelector: {matchLabels: {audited: yes-1}}, kinds: [{kinds: [ConfigMap]}]}";
    assert.equal(
      await bed.apply(constraint("NeedLabels", "owner", `{${match}, parameters: {labels: [owner]}}`)),
      "created",
    );
    let waiting = 0;
    const waited: number[] = [];
    const onViolation = () => {
      waited.push(waiting);
      setImmediate(() => waiting++);
      for (const began = performance.now(); performance.now() < began + 20; );
    };
    await auditCluster({
      client: bed.client,
      chunkSize: 500,
      violationsLimit: 2,
      writesStatus: false,
      now: () => 0,
      onViolation,
    });
    assert.deepEqual(waited, [0, 1, 2]);
  }));
