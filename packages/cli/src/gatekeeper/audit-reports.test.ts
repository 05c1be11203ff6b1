import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { auditCluster } from "./audit-cluster.ts";
import { reportsOutput } from "./audit-output.ts";
import { ReportWriter } from "./audit-reports.ts";
import { type Bed, configMap, constraint, eventually, template, withGatekeeper } from "./gatekeeper.fixture.ts";

const owned = template(
  "NeedLabels",
  'l := input.parameters.labels[_]; not input.review.object.metadata.labels[l]; msg := sprintf("no %v", [l])',
);
const maps = `{match: {kinds: [{apiGroups: [""], kinds: [ConfigMap]}], labelSelector: {matchLabels: {audited: "1"}}}, parameters: {labels: [owner]}}`;
const open = "{type: object, x-kubernetes-preserve-unknown-fields: true}";
const definition = (kind: string, scope: string) => `
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${kind.toLowerCase()}s.wgpolicyk8s.io}
spec:
  group: wgpolicyk8s.io
  scope: ${scope}
  names: {kind: ${kind}, listKind: ${kind}List, plural: ${kind.toLowerCase()}s, singular: ${kind.toLowerCase()}}
  versions: [{name: v1alpha2, served: true, storage: true, schema: {openAPIV3Schema: ${open}}}]
`;

async function audit(bed: Bed): Promise<void> {
  const writer = new ReportWriter(bed.client, "wgpolicyk8s.io");
  const reports = reportsOutput("wgpolicyk8s.io", 0, (report) => writer.write(report));
  const options = { client: bed.client, chunkSize: 2, violationsLimit: 1, writesStatus: false, now: () => 0 };
  const { total, reviewed } = await auditCluster({ ...options, onViolation: reports.violation });
  await reports.end(total, reviewed);
  await writer.finish();
}

test("an audit writes a report of each object, and takes away those that are no longer true", () =>
  withGatekeeper(async (bed) => {
    for (const name of ["a", "b"])
      assert.equal(await bed.apply(configMap(name, "default", '{audited: "1"}')), "created");
    await bed.apply(owned);
    const path = "/apis/constraints.gatekeeper.sh/v1beta1/needlabels";
    await eventually(
      () => bed.get(path),
      (each) => each["items"] !== undefined,
    );
    assert.equal(await bed.apply(constraint("NeedLabels", "owner", maps)), "created");
    await assert.rejects(audit(bed), /does not serve wgpolicyk8s\.io; install its CustomResourceDefinitions first/);
    assert.equal(
      await bed.apply(definition("PolicyReport", "Namespaced") + definition("ClusterPolicyReport", "Cluster")),
      "created",
    );
    const reports = async () => {
      const { items } = await bed.get("/apis/wgpolicyk8s.io/v1alpha2/policyreports");
      return (items as readonly (KubeObject & { scope: { name: string } })[]).map(({ scope }) => scope.name).sort();
    };
    await eventually(reports, Array.isArray);
    await audit(bed);
    assert.deepEqual(await reports(), ["a", "b"]);
    await bed.remove("/api/v1/namespaces/default/configmaps/a");
    await audit(bed);
    assert.deepEqual(await reports(), ["b"]);
  }));

test("a server audits what it holds again and again", () =>
  withGatekeeper(
    async (bed) => {
      assert.equal(await bed.apply(configMap("a", "default", '{audited: "1"}')), "created");
      await bed.apply(owned);
      const path = "/apis/constraints.gatekeeper.sh/v1beta1/needlabels";
      await eventually(
        () => bed.get(path),
        (each) => each["items"] !== undefined,
      );
      await bed.apply(constraint("NeedLabels", "owner", maps));
      const { status } = await eventually(
        () => bed.get(`${path}/owner`),
        (each) => each["status"]?.totalViolations !== undefined,
      );
      assert.equal(status.totalViolations, 1);
    },
    {},
    { auditInterval: 0.2 },
  ));
