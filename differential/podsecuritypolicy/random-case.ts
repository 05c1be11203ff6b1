import type { KubeObject } from "@sallyport/kube";
import type { Tape } from "../tape.ts";

type Fields = { readonly [field: string]: unknown };

/** Who may use a policy in the pod's namespace. */
export type Grant = "account" | "user" | "both" | "nobody" | "elsewhere";

/** Policies with who may use them, and a pod that asks to be admitted by one. Names are within the case. */
export interface PolicyCase {
  readonly policies: readonly { readonly policy: KubeObject; readonly grant: Grant }[];
  readonly pod: KubeObject;
}

const seccomp = "seccomp.security.alpha.kubernetes.io";
const armor = "apparmor.security.beta.kubernetes.io";

/** One time in two the field with a value, else nothing: most policies and pods say little. */
function maybe(tape: Tape, field: string, make: () => unknown, oneIn = 2): Fields {
  return tape.below(oneIn) === oneIn - 1 ? { [field]: make() } : {};
}

const capabilities = ["NET_ADMIN", "SYS_TIME", "CHOWN", "KILL", "NET_RAW", "ALL"];
const labels = [{ user: "u", role: "r", type: "t", level: "s0:c0,c6" }, { level: "s0:c1" }, { type: "container_t" }];
const sameLabels = [...labels, { user: "u", role: "r", type: "t", level: "s0:c6,c0" }];
const volumeTypes = [
  "emptyDir",
  "secret",
  "configMap",
  "hostPath",
  "projected",
  "csi",
  "downwardAPI",
  "nfs",
  "ephemeral",
];
const sysctls = ["kernel.shm_rmid_forced", "net.ipv4.tcp_syncookies", "net.core.somaxconn", "kernel.msgmax"];
const profiles = ["runtime/default", "docker/default", "localhost/strict", "unconfined"];
const armorProfiles = ["runtime/default", "localhost/x", "unconfined"];
const ids = [0, 1, 999, 1000, 1005, 1010, 2000, 65534];

function ranges(tape: Tape): readonly Fields[] {
  return tape.list(
    2,
    () => {
      const min = tape.pick([0, 1, 1000, 2000]);
      return { min, max: min + tape.pick([0, 1, 10, 70_000]) };
    },
    1,
  );
}

function strategy(tape: Tape, rules: readonly string[]): Fields {
  const rule = tape.pick(rules);
  const withRanges = rule !== "RunAsAny" && rule !== "MustRunAsNonRoot";
  return withRanges ? { rule, ranges: ranges(tape) } : { rule };
}

const groupRules = ["RunAsAny", "RunAsAny", "MustRunAs", "MayRunAs"];

/** At least one: an empty list is none to us, and kube-apiserver tells the two apart until a pod is stored. */
function someOf<Item>(tape: Tape, items: readonly Item[], most = 3): readonly Item[] {
  return [...new Set(tape.list(most, () => tape.pick(items), 1))];
}

function policyAnnotations(tape: Tape): { readonly [key: string]: string } {
  const [allowedArmor, allowedSeccomp] = [someOf(tape, armorProfiles), someOf(tape, [...profiles, "*"])];
  if (tape.below(2) === 0) return { [`${seccomp}/allowedProfileNames`]: "*" };
  return {
    ...maybe(tape, `${armor}/allowedProfileNames`, () => allowedArmor.join(","), 6),
    ...maybe(tape, `${armor}/defaultProfileName`, () => tape.pick(armorProfiles), 4),
    ...maybe(
      tape,
      `${seccomp}/allowedProfileNames`,
      () => ["*", ...allowedSeccomp].slice(tape.oneIn(3) ? 1 : 0).join(","),
      2,
    ),
    ...maybe(tape, `${seccomp}/defaultProfileName`, () => tape.pick(profiles), 3),
  } as { readonly [key: string]: string };
}

/** What the API refuses, or takes although it seems wrong. */
const wrongFields: readonly Fields[] = [
  { runAsUser: { rule: "MustRunAs", ranges: [{ min: 5, max: 1 }] } },
  { runAsUser: { rule: "MustRunAs", ranges: [{ min: -1, max: 1 }] } },
  { runAsUser: { rule: "MustRunAs" } },
  { runAsUser: { rule: "Nobody" } },
  { runAsGroup: { rule: "RunAsAny", ranges: [{ min: 1, max: 1 }] } },
  { runAsGroup: { rule: "MustRunAs" } },
  { fsGroup: { rule: "MustRunAs" } },
  { supplementalGroups: { rule: "" } },
  { seLinux: { rule: "MustRunAs" } },
  { seLinux: { rule: "MayRunAs" } },
  { volumes: ["*", "floppy"] },
  { volumes: [] },
  { hostPorts: [{ min: 80, max: 79 }] },
  { allowedHostPaths: [{ pathPrefix: "/a/../b" }, { pathPrefix: "" }] },
  { allowedHostPaths: [{ pathPrefix: "/a/../b" }, { pathPrefix: "/a/b..c" }] },
  { allowedCSIDrivers: [{ name: "" }] },
  { allowedFlexVolumes: [{ driver: "" }] },
  { allowedUnsafeSysctls: ["*", "kernel.msgmax"] },
  { allowedUnsafeSysctls: ["Kernel."], forbiddenSysctls: [""] },
  { allowedUnsafeSysctls: ["net.*"], forbiddenSysctls: ["net.core.*", "net.*"] },
  { allowedProcMountTypes: ["Masked"] },
  { runtimeClass: { allowedRuntimeClassNames: ["a", "a", "B"], defaultRuntimeClassName: "c" } },
  { runtimeClass: { allowedRuntimeClassNames: ["*", "a"] } },
  { allowPrivilegeEscalation: false, defaultAllowPrivilegeEscalation: true },
  { requiredDropCapabilities: ["KILL"], allowedCapabilities: ["KILL"], defaultAddCapabilities: ["KILL"] },
];

/** A policy, most often one that its API takes; strict and loose rules are as likely. */
export function randomPolicy(tape: Tape, name: string): KubeObject {
  const flag = () => tape.below(2) === 0;
  /** Allowed, three times in four: what is refused for one reason says nothing of the others. */
  const open = () => tape.below(4) < 3;
  const spec = {
    privileged: open(),
    hostNetwork: open(),
    hostPID: open(),
    hostIPC: open(),
    hostPorts: [{ min: 0, max: 65535 }, ...ranges(tape)].slice(open() ? 0 : 1),
    volumes: open() ? ["*"] : someOf(tape, volumeTypes, 8),
    ...maybe(tape, "allowedCapabilities", () => (open() ? ["*"] : someOf(tape, capabilities))),
    ...maybe(tape, "defaultAddCapabilities", () => someOf(tape, capabilities, 2), 4),
    ...maybe(tape, "requiredDropCapabilities", () => someOf(tape, capabilities, 1), 5),
    seLinux: open() ? { rule: "RunAsAny" } : { rule: "MustRunAs", seLinuxOptions: tape.pick(labels) },
    runAsUser: strategy(tape, ["RunAsAny", "RunAsAny", "MustRunAs", "MustRunAsNonRoot"]),
    ...maybe(tape, "runAsGroup", () => strategy(tape, groupRules)),
    supplementalGroups: strategy(tape, groupRules),
    fsGroup: strategy(tape, groupRules),
    ...maybe(tape, "readOnlyRootFilesystem", flag),
    ...maybe(tape, "allowPrivilegeEscalation", flag),
    ...maybe(tape, "defaultAllowPrivilegeEscalation", flag, 4),
    ...maybe(tape, "allowedHostPaths", () => tape.list(2, () => hostPath(tape)), 5),
    ...maybe(tape, "allowedCSIDrivers", () => [{ name: tape.pick(["a.example.com", "b.example.com"]) }], 4),
    ...maybe(tape, "allowedUnsafeSysctls", () => [tape.pick(["net.core.*", "kernel.msgmax", "*"])], 3),
    ...maybe(tape, "forbiddenSysctls", () => [tape.pick(["kernel.shm*", "net.ipv4.tcp_syncookies"])], 3),
    ...maybe(tape, "allowedProcMountTypes", () => someOf(tape, ["Default", "Unmasked"]), 4),
    ...maybe(tape, "runtimeClass", () => runtimeClass(tape), 4),
  };
  const annotations = policyAnnotations(tape);
  const wrong = tape.oneIn(12) ? tape.pick(wrongFields) : {};
  return {
    apiVersion: "policy/v1beta1",
    kind: "PodSecurityPolicy",
    metadata: { name, annotations },
    spec: { ...spec, ...wrong },
  };
}

function hostPath(tape: Tape): Fields {
  return { pathPrefix: tape.pick(["/var/log", "/var", "/etc/"]), ...maybe(tape, "readOnly", () => true) };
}

function runtimeClass(tape: Tape): Fields {
  const allowedRuntimeClassNames = tape.pick([["*"], ["gvisor"], ["gvisor", "kata"], []]);
  return { allowedRuntimeClassNames, ...maybe(tape, "defaultRuntimeClassName", () => "gvisor") };
}

function seccompField(tape: Tape): Fields {
  return tape.pick([
    { type: "RuntimeDefault" },
    { type: "Unconfined" },
    { type: "Localhost", localhostProfile: "strict" },
  ] as Fields[]);
}

function sharedContext(tape: Tape): Fields {
  return {
    ...maybe(tape, "runAsUser", () => tape.pick(ids), 4),
    ...maybe(tape, "runAsGroup", () => tape.pick(ids), 5),
    ...maybe(tape, "runAsNonRoot", () => tape.below(3) > 0, 6),
    ...maybe(tape, "seLinuxOptions", () => tape.pick(sameLabels), 6),
    ...maybe(tape, "seccompProfile", () => seccompField(tape), 6),
  };
}

function podContext(tape: Tape): Fields {
  return {
    ...sharedContext(tape),
    ...maybe(tape, "fsGroup", () => tape.pick(ids), 4),
    ...maybe(tape, "supplementalGroups", () => someOf(tape, ids), 4),
    ...maybe(tape, "sysctls", () => someOf(tape, sysctls, 2).map((name) => ({ name, value: "1" })), 5),
  };
}

function containerContext(tape: Tape): Fields {
  const privileged = tape.oneIn(6);
  return {
    ...sharedContext(tape),
    ...(privileged ? { privileged } : {}),
    ...maybe(tape, "allowPrivilegeEscalation", () => privileged || tape.below(2) === 1, 3),
    ...maybe(tape, "readOnlyRootFilesystem", () => tape.below(2) === 0, 3),
    ...maybe(tape, "procMount", () => tape.pick(["Default", "Unmasked"]), 8),
    ...maybe(
      tape,
      "capabilities",
      () => ({
        ...maybe(tape, "add", () => someOf(tape, capabilities)),
        ...maybe(tape, "drop", () => someOf(tape, capabilities)),
      }),
      3,
    ),
  };
}

const volumes: readonly Fields[] = [
  { emptyDir: {} },
  { secret: { secretName: "s" } },
  { configMap: { name: "c" } },
  { hostPath: { path: "/var/log/app" } },
  { hostPath: { path: "/etc" } },
  { projected: { sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 3607 } }] } },
  { projected: { sources: [{ secret: { name: "s" } }] } },
  { csi: { driver: "a.example.com" } },
  { downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
  { nfs: { server: "nfs.example.com", path: "/" } },
];

function container(tape: Tape, name: string, mounted: readonly string[]): Fields {
  const mounts = mounted.map((each) => ({
    name: each,
    mountPath: `/${each}`,
    ...maybe(tape, "readOnly", () => true),
  }));
  return {
    name,
    image: "registry.example.com/app:1",
    ...(tape.below(2) === 0 ? {} : { securityContext: containerContext(tape) }),
    ...maybe(tape, "ports", () => [{ containerPort: 80, ...maybe(tape, "hostPort", () => 80) }], 4),
    ...(mounts.length === 0 ? {} : { volumeMounts: mounts }),
  };
}

function podAnnotations(tape: Tape): { readonly [key: string]: string } {
  return {
    ...maybe(tape, `${seccomp}/pod`, () => tape.pick(profiles), 6),
    ...maybe(tape, `container.${seccomp}/main`, () => tape.pick(profiles), 8),
    ...maybe(tape, `container.${armor}/main`, () => tape.pick(armorProfiles), 6),
    ...maybe(tape, "kubernetes.io/psp", () => "b", 8),
  } as { readonly [key: string]: string };
}

/** A pod that the API takes: policies alone refuse it. */
export function randomPod(tape: Tape, name: string): KubeObject {
  const given = tape.list(2, () => tape.pick(volumes)).map((source, i) => ({ name: `v${i}`, ...source }));
  const mounted = given.map((each) => each.name);
  const hostNetwork = tape.oneIn(4);
  const spec = {
    ...(tape.below(2) === 0 ? { automountServiceAccountToken: false } : {}),
    ...(hostNetwork ? { hostNetwork } : {}),
    ...(tape.oneIn(6) ? { hostPID: true } : {}),
    ...(tape.oneIn(8) ? { hostIPC: true } : {}),
    ...maybe(tape, "securityContext", () => podContext(tape)),
    ...maybe(tape, "initContainers", () => [container(tape, "init", [])], 4),
    containers: [
      container(tape, "main", mounted),
      ...(tape.oneIn(5) ? [container(tape, "side", mounted.slice(1))] : []),
    ].map((each) => (hostNetwork ? withHostPorts(each) : each)),
    ...(given.length === 0 ? {} : { volumes: given }),
  };
  const annotations = podAnnotations(tape);
  const metadata = { name, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
  return { apiVersion: "v1", kind: "Pod", metadata, spec };
}

/** On the node's network each port is the node's. */
function withHostPorts(each: Fields): Fields {
  const { ports } = each as { readonly ports?: readonly Fields[] };
  return ports === undefined
    ? each
    : { ...each, ports: ports.map((port) => ({ ...port, hostPort: 80, containerPort: 80 })) };
}

const grants: readonly Grant[] = ["both", "account", "user", "user", "account", "user", "nobody", "elsewhere"];

/** One to three policies, and a pod. */
export function randomCase(tape: Tape): PolicyCase {
  const names = ["b", "a", "c"].slice(0, 1 + tape.below(3));
  const policies = names.map((name) => ({ policy: randomPolicy(tape, name), grant: tape.pick(grants) }));
  return { policies, pod: randomPod(tape, "p") };
}
