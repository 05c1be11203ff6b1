import assert from "node:assert/strict";
import { test } from "node:test";
import { parseManifests } from "./manifests.ts";
import { securityContexts } from "./security-context.ts";

const any = "{rule: RunAsAny}";
const text = `
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: p}
spec: {runAsUser: {rule: MustRunAs, ranges: [{min: 1000, max: 2000}]}, seLinux: ${any}, fsGroup: ${any}, supplementalGroups: ${any}, volumes: ["*"]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {hostNetwork: HOST, containers: [{name: app, image: nginx}]}
`;

function reports(host: boolean) {
  const manifests = parseManifests("web.yaml", text.replace("HOST", String(host)));
  const chain = { enable: ["PodSecurityPolicy"] };
  return securityContexts(manifests, { policies: [], chain, namespace: "default", minor: 37 });
}

test("what admission sets is told with the plugin that set it", async () => {
  const [report] = await reports(false);
  const user = report?.fields.find(({ field }) => field === "runAsUser");
  assert.deepEqual([user?.value, user?.by], [1000, ["PodSecurityPolicy"]]);
  assert.deepEqual([report?.kind, report?.container, report?.denied], ["Deployment", "app", undefined]);
  assert.equal(report?.refusals.baseline, "");
  assert.match(report?.refusals.restricted ?? "", /^allowPrivilegeEscalation != false/);
});

test("a pod that is not admitted says so, and is told as it was written", async () => {
  const [report] = await reports(true);
  assert.match(report?.denied ?? "", /Host network is not allowed to be used/);
  assert.equal(report?.fields.find(({ field }) => field === "runAsUser")?.value, undefined);
  assert.match(report?.refusals.baseline ?? "", /hostNetwork=true/);
});
