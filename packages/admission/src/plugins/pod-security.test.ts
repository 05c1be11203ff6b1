import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { namespace, pod, requestFor, snapshotOf, testEffects } from "../admission.fixture.ts";
import { admit } from "../admit.ts";
import { checkRegistry, checks } from "../podsecurity/registry.ts";
import { createPodSecurity } from "./pod-security.ts";

const prefix = "pod-security.kubernetes.io/";

function decide(object: KubeObject, labels: { readonly [key: string]: string }, others: readonly KubeObject[] = []) {
  const prefixed = Object.fromEntries(Object.entries(labels).map(([key, value]) => [prefix + key, value]));
  return admit(requestFor(object), snapshotOf([namespace("default", prefixed), ...others]), testEffects, {
    plugins: [createPodSecurity()],
  });
}

const context = (securityContext: object) => pod({ containers: [{ name: "a", image: "x", securityContext }] });

/** Reason and detail as upstream words them; one violation each at baseline. */
const baseline: { readonly [text: string]: KubeObject } = {
  'privileged (container "a" must not set securityContext.privileged=true)': context({ privileged: true }),
  "host namespaces (hostNetwork=true, hostPID=true)": pod({ hostNetwork: true, hostPID: true }),
  'hostPath volumes (volume "v")': pod({ volumes: [{ name: "v", hostPath: { path: "/" } }] }),
  'hostPort (container "a" uses hostPort 80)': pod({ containers: [{ name: "a", ports: [{ hostPort: 80 }] }] }),
  'non-default capabilities (container "a" must not include "SYS_ADMIN" in securityContext.capabilities.add)': context({
    capabilities: { add: ["SYS_ADMIN"] },
  }),
  'procMount (container "a" must not set securityContext.procMount to "Unmasked")': context({ procMount: "Unmasked" }),
  'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")': context({
    seccompProfile: { type: "Unconfined" },
  }),
  'seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "x"; user may not be set)': context(
    { seLinuxOptions: { type: "x", user: "u" } },
  ),
  "forbidden sysctls (kernel.msgmax)": pod({ securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }),
  "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)": pod({
    securityContext: { windowsOptions: { hostProcess: true } },
  }),
};

for (const [text, object] of Object.entries(baseline)) {
  test(`baseline: ${text}`, async () => {
    const { status } = await decide(object, { enforce: "baseline" });
    assert.equal(status?.message, `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${text}`);
  });
}

test("restricted: all reasons at once, each with its field", async () => {
  const { status, steps } = await decide(pod(), { enforce: "restricted", "enforce-version": "v1.30" });
  assert.equal(
    status?.message,
    'pods "p" is forbidden: violates PodSecurity "restricted:v1.30": allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
  );
  assert.equal(steps[0]?.reasons[0]?.fieldPath, "spec.containers[0].securityContext.allowPrivilegeEscalation");
});

test("warn warns, audit annotates, neither refuses", async () => {
  const { allowed, warnings, auditAnnotations } = await decide(context({ privileged: true }), {
    warn: "baseline",
    audit: "baseline",
  });
  const text =
    'would violate PodSecurity "baseline:latest": privileged (container "a" must not set securityContext.privileged=true)';
  assert.deepEqual([allowed, warnings, auditAnnotations[`${prefix}audit-violations`]], [true, [text], text]);
});

test("controllers are warned about, never refused", async () => {
  const deployment: KubeObject = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace: "default", name: "d" },
    spec: { template: { metadata: {}, spec: { hostNetwork: true, containers: [] } } },
  };
  const { allowed, warnings } = await decide(deployment, { enforce: "baseline" });
  assert.ok(allowed);
  assert.deepEqual(warnings, ['would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)']);
});

test("a stricter namespace warns of the pods that it has", async () => {
  const labelled = namespace("default", { [`${prefix}enforce`]: "baseline" });
  const request = requestFor(labelled, "UPDATE", namespace("default"));
  const existing = [pod({ hostNetwork: true }, { name: "p1" }), pod({ hostNetwork: true }, { name: "p2" })];
  const { warnings } = await admit(request, snapshotOf(existing), testEffects, { plugins: [createPodSecurity()] });
  assert.deepEqual(warnings, [
    'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
    "p1 (and 1 other pod): host namespaces",
  ]);
});

test("exempt users, namespaces and runtime classes pass, and the audit says so", async () => {
  const plugin = createPodSecurity({ usernames: ["jane"], namespaces: [], runtimeClasses: [] });
  const snapshot = snapshotOf([namespace("default", { [`${prefix}enforce`]: "restricted" })]);
  const { allowed, auditAnnotations } = await admit(requestFor(pod()), snapshot, testEffects, { plugins: [plugin] });
  assert.deepEqual([allowed, auditAnnotations[`${prefix}exempt`]], [true, "user"]);
});

test("an update of the image alone is not looked at", async () => {
  const before = pod({ hostNetwork: true });
  const after = pod({ hostNetwork: true, containers: [{ name: "a", image: "y" }] });
  const snapshot = snapshotOf([namespace("default", { [`${prefix}enforce`]: "baseline" })]);
  const { allowed } = await admit(requestFor(after, "UPDATE", before), snapshot, testEffects, {
    plugins: [createPodSecurity()],
  });
  assert.ok(allowed);
});

test("the list of checks is sound", () => {
  assert.deepEqual(checkRegistry(), []);
  const [first] = checks;
  assert.deepEqual(checkRegistry([first as (typeof checks)[number], first as (typeof checks)[number]]), [
    "appArmorProfile: stands twice",
  ]);
});
