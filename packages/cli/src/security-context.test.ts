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
  const [container] = report?.containers ?? [];
  const user = container?.fields.find(({ field }) => field === "runAsUser");
  assert.deepEqual(
    [user?.value, user?.by, user?.path],
    [1000, ["PodSecurityPolicy"], "spec.template.spec.containers[0].securityContext.runAsUser"],
  );
  assert.deepEqual([report?.kind, container?.container, report?.denied], ["Deployment", "app", undefined]);
  assert.deepEqual(report?.refusals.baseline, []);
  assert.match(report?.refusals.restricted[0] ?? "", /^allowPrivilegeEscalation != false/);
});

test("a pod that is not admitted says so, and is told as it was written", async () => {
  const [report] = await reports(true);
  assert.match(report?.denied ?? "", /Host network is not allowed to be used/);
  assert.equal(report?.containers[0]?.fields.find(({ field }) => field === "runAsUser")?.value, undefined);
  assert.match(report?.refusals.baseline[0] ?? "", /hostNetwork=true/);
});

test("workloads of one name are told apart, and Windows has no Linux kernel", async () => {
  const pod = (kind: string, spec: string) =>
    `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: web}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: ${spec}}}\n---\n`;
  const manifests = parseManifests(
    "web.yaml",
    pod("Deployment", "{containers: [{name: a, image: x}]}") +
      pod("DaemonSet", "{os: {name: windows}, containers: [{name: b, image: x}, {name: c, image: x}]}"),
  );
  const told = await securityContexts(manifests, { policies: [], chain: {}, namespace: "default", minor: 37 });
  assert.deepEqual(
    told.map(({ kind, denied, containers }) => [kind, denied, containers.map((each) => each.container).join()]),
    [
      ["Deployment", undefined, "a"],
      ["DaemonSet", undefined, "b,c"],
    ],
  );
  assert.deepEqual(
    told.map(({ containers }) => containers[0]?.kernel === undefined),
    [false, true],
  );
});
