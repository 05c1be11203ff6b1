import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { namespace, pod, requestFor, snapshotOf, testEffects } from "../admission.fixture.ts";
import { admit } from "../admit.ts";
import { existingPodWarnings, maxExistingPods } from "../podsecurity/existing-pods.ts";
import { policyOf } from "../podsecurity/labels.ts";
import { checkRegistry, checks } from "../podsecurity/registry.ts";
import { createPodSecurity } from "./pod-security.ts";

const prefix = "pod-security.kubernetes.io/";

function prefixed(labels: { readonly [key: string]: string }): { readonly [key: string]: string } {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [prefix + key, value]));
}

function decide(object: KubeObject, labels: { readonly [key: string]: string }, others: readonly KubeObject[] = []) {
  return admit(requestFor(object), snapshotOf([namespace("default", prefixed(labels)), ...others]), testEffects, {
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
  'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "a"b")': pod({
    securityContext: { seLinuxOptions: { type: 'a"b' } },
  }),
  'probe or lifecycle host (containers "a", "b" use probe or lifecycle host "h")': pod({
    containers: ["b", "a"].map((name) => ({ name, image: "x", livenessProbe: { tcpSocket: { host: "h", port: 1 } } })),
  }),
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

test("restricted: of seccomp profiles, what is forbidden is told alone", async () => {
  const object = pod({
    containers: [
      { name: "a", image: "x", securityContext: { seccompProfile: { type: "Unconfined" } } },
      { name: "b", image: "x" },
    ],
  });
  const { status } = await decide(object, { enforce: "restricted" });
  assert.match(
    status?.message ?? "",
    /seccompProfile \(container "a" must not set securityContext\.seccompProfile\.type to "Unconfined"\)$/,
  );
});

/** What of runAsNonRoot is told of a pod that says `pod` and whose containers say the others. */
const nonRoot: { readonly [said: string]: readonly [detail: string | undefined, ...said: (boolean | undefined)[]] } = {
  "all by the pod": [undefined, true, undefined, undefined],
  "all by themselves": [undefined, undefined, true, true],
  "the pod not": ["pod must not set securityContext.runAsNonRoot=false", false, true, true],
  "a container not": ['container "c1" must not set securityContext.runAsNonRoot=false', true, undefined, false],
  "the pod and both not": [
    'pod and containers "c0", "c1" must not set securityContext.runAsNonRoot=false',
    false,
    false,
    false,
  ],
  "one says nothing": ['pod or container "c1" must set securityContext.runAsNonRoot=true', undefined, true, undefined],
};

for (const [said, [detail, ofPod, ...ofContainers]] of Object.entries(nonRoot))
  test(`restricted: not as root: ${said}`, async () => {
    const containers = ofContainers.map((runAsNonRoot, i) => ({
      name: `c${i}`,
      image: "x",
      securityContext: { runAsNonRoot },
    }));
    const { status } = await decide(pod({ securityContext: { runAsNonRoot: ofPod }, containers }), {
      enforce: "restricted",
    });
    const told = /runAsNonRoot != true \((.*?)\)/.exec(status?.message ?? "")?.[1];
    assert.equal(told, detail);
  });

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

const gvisor = { usernames: ["joe"], namespaces: ["ex"], runtimeClasses: ["gvisor"] };
const written = { enforce: "privileged", "enforce-version": "v1.20", audit: "baseline", "warn-version": "v1.22" };
const { policy: defaults } = policyOf(prefixed(written));

/** A namespace's labels before and after; what those who change them are told. With exemptions and defaults as above. */
const labelled: { readonly [what: string]: Labelling } = {
  "the same level": { before: { enforce: "baseline" }, after: { enforce: "baseline", warn: "restricted" } },
  "a looser level": { before: { enforce: "restricted" }, after: { enforce: "baseline" } },
  "a looser level of another version": {
    before: { enforce: "restricted" },
    after: { enforce: "baseline", "enforce-version": "v1.5" },
    warnings: [
      'existing pods in namespace "shop" violate the new PodSecurity enforce level "baseline:v1.5"',
      "host-a (and 2 other pods): host namespaces",
    ],
  },
  privileged: { before: { enforce: "baseline" }, after: { enforce: "privileged" } },
  "a stricter level, of the default version": {
    before: {},
    after: { enforce: "restricted" },
    warnings: [
      'existing pods in namespace "shop" violate the new PodSecurity enforce level "restricted:v1.20"',
      "host-a (and 2 other pods): host namespaces, allowPrivilegeEscalation != false, runAsNonRoot != true, seccompProfile",
      "plain: allowPrivilegeEscalation != false, runAsNonRoot != true, seccompProfile",
    ],
  },
  "labels that say nothing": {
    before: {},
    after: { enforce: "none", "audit-version": "y" },
    refusal:
      'Namespace "shop" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "none": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/audit-version]: Invalid value: "y": must be "latest" or "v1.x"]',
  },
  "labels that said nothing before": { before: { enforce: "none" }, after: { enforce: "none" } },
  "other labels that say nothing": {
    before: { enforce: "none" },
    after: { enforce: "nothing" },
    refusal:
      'Namespace "shop" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "nothing": must be one of privileged, baseline, restricted',
  },
  "an exempt namespace that is new": {
    name: "ex",
    after: { enforce: "baseline", "warn-version": "v1.24" },
    warnings: [
      'namespace "ex" is exempt from Pod Security, and the policy (enforce=baseline:v1.20, warn=baseline:v1.24) will be ignored',
    ],
  },
  "an exempt namespace as by default": { name: "ex", after: { audit: "baseline" } },
  "an exempt namespace that becomes stricter": {
    name: "ex",
    before: { enforce: "baseline" },
    after: { enforce: "restricted" },
    warnings: ['namespace "ex" is exempt from Pod Security, and the policy (enforce=restricted:v1.20) will be ignored'],
  },
};

interface Labelling {
  readonly name?: string;
  readonly before?: { readonly [key: string]: string };
  readonly after: { readonly [key: string]: string };
  readonly warnings?: readonly string[];
  readonly refusal?: string;
}

for (const [what, { name = "shop", before, after, warnings = [], refusal }] of Object.entries(labelled))
  test(`labels of a namespace: ${what}`, async () => {
    const at = { namespace: name };
    const existing = [
      pod({ hostPID: true }, { ...at, name: "host-b" }),
      pod({ hostPID: true }, { ...at, name: "host-c" }),
      pod({ hostPID: true }, { ...at, name: "host-a" }),
      pod({ hostNetwork: true, runtimeClassName: "gvisor" }, { ...at, name: "g" }),
      pod({}, { ...at, name: "plain" }),
    ];
    const old = before === undefined ? null : namespace(name, prefixed(before));
    const request = requestFor(namespace(name, prefixed(after)), old === null ? "CREATE" : "UPDATE", old);
    const options = { plugins: [createPodSecurity(gvisor, defaults)] };
    const decision = await admit(request, snapshotOf(existing), testEffects, options);
    assert.deepEqual([decision.warnings, decision.status?.message], [warnings, refusal]);
  });

test("existing pods are looked at up to a bound, one of each controller first", () => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "r", uid: "r", controller: true };
  const replicas = Array.from({ length: maxExistingPods }, (_, i) =>
    pod({ hostPID: true }, { name: `r-${i}`, ownerReferences: [owner] }),
  );
  const level = { level: "baseline", version: "latest" } as const;
  const alone = pod({ volumes: [{ name: "v", hostPath: { path: "/" } }] }, { name: "x" });
  assert.deepEqual(
    existingPodWarnings("n", level, [...replicas, alone], () => 0),
    [
      "new PodSecurity enforce level only checked against the first 3000 of 3001 existing pods",
      'existing pods in namespace "n" violate the new PodSecurity enforce level "baseline:latest"',
      "r-0 (and 2998 other pods): host namespaces",
      "x: hostPath volumes",
    ],
  );
  let second = 0;
  const slow = () => 600_000 * second++;
  assert.match(
    existingPodWarnings("n", level, replicas, slow)[0] ?? "",
    /^new PodSecurity enforce level only checked against the first 2 of 3000 existing pods$/,
  );
});

/** Pods in a namespace with these labels: what the audit log says, below the prefix. */
const audited: { readonly [what: string]: readonly [labels: object, pod: KubeObject, annotations: object] } = {
  "a namespace that only audits": [
    {},
    pod({ hostPID: true }),
    {
      "audit-violations": 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
      "enforce-policy": "privileged:v1.20",
    },
  ],
  "a namespace that enforces, and audits by default": [
    { enforce: "restricted" },
    pod({ hostPID: true }),
    {
      "audit-violations": 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
      "enforce-policy": "restricted:v1.20",
    },
  ],
  "a privileged namespace": [
    { audit: "privileged" },
    pod({ hostPID: true }),
    { "enforce-policy": "privileged:latest" },
  ],
  "an exempt runtime class": [
    { enforce: "restricted" },
    pod({ runtimeClassName: "gvisor" }),
    { exempt: "runtimeClass" },
  ],
  "an exempt namespace": [{}, pod({}, { namespace: "ex" }), { exempt: "namespace" }],
  "labels that say nothing": [
    { enforce: "none" },
    pod(),
    {
      error:
        'Failed to parse policy: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "none": must be one of privileged, baseline, restricted',
      "enforce-policy": "restricted:v1.20",
    },
  ],
};

for (const [what, [labels, object, annotations]] of Object.entries(audited))
  test(`audit annotations: ${what}`, async () => {
    const spaces = ["default", "ex"].map((name) => namespace(name, prefixed(labels as { [key: string]: string })));
    const options = { plugins: [createPodSecurity(gvisor, defaults)] };
    const { auditAnnotations } = await admit(requestFor(object), snapshotOf(spaces), testEffects, options);
    assert.deepEqual(auditAnnotations, prefixed(annotations as { [key: string]: string }));
  });

test("exempt users pass, and the audit says so", async () => {
  const plugin = createPodSecurity({ usernames: ["jane"], namespaces: [], runtimeClasses: [] });
  const snapshot = snapshotOf([namespace("default", { [`${prefix}enforce`]: "restricted" })]);
  const { allowed, auditAnnotations } = await admit(requestFor(pod()), snapshot, testEffects, { plugins: [plugin] });
  assert.deepEqual([allowed, auditAnnotations[`${prefix}exempt`]], [true, "user"]);
});

test("a pod of a namespace that nobody knows is refused, a template is not", async () => {
  const { status } = await admit(requestFor(pod()), snapshotOf([]), testEffects, { plugins: [createPodSecurity()] });
  assert.equal(status?.message, 'Internal error occurred: failed to lookup namespace "default"');
});

/** Updates of a pod that violates baseline: is it looked at? */
const updates: { readonly [what: string]: readonly [spec: object, isLookedAt: boolean] } = {
  "a deadline": [{ activeDeadlineSeconds: 5 }, false],
  "another image": [{ containers: [{ name: "a", image: "y" }] }, true],
  "an ephemeral container": [{ ephemeralContainers: [{ name: "e", image: "x" }] }, true],
};

for (const [what, [spec, isLookedAt]] of Object.entries(updates))
  test(`an update with ${what} is ${isLookedAt ? "" : "not "}looked at`, async () => {
    const after = pod({ hostNetwork: true, ...spec });
    const snapshot = snapshotOf([namespace("default", { [`${prefix}enforce`]: "baseline" })]);
    const { allowed } = await admit(requestFor(after, "UPDATE", pod({ hostNetwork: true })), snapshot, testEffects, {
      plugins: [createPodSecurity()],
    });
    assert.equal(allowed, !isLookedAt);
  });

test("the list of checks is sound", () => {
  assert.deepEqual(checkRegistry(), []);
  const [first] = checks;
  assert.deepEqual(checkRegistry([first as (typeof checks)[number], first as (typeof checks)[number]]), [
    "appArmorProfile: stands twice",
  ]);
});
