import type { KubeObject } from "@sallyport/kube";

type Fields = { readonly [field: string]: unknown };

/** What PodSecurityPolicies make of a pod; a kube-apiserver of 1.24 was asked the same. */
export interface PolicyCase {
  /** Of each policy what is not as permissive as can be; `name` and `annotations` are its metadata's. */
  readonly policies: readonly Fields[];
  /** Of the pod's spec; its container is called `a`. */
  readonly spec?: Fields;
  /** Of the container. */
  readonly container?: Fields;
  readonly annotations?: { readonly [key: string]: string };
  /** The refusal behind `PodSecurityPolicy: `. */
  readonly denied?: string;
  /** What the pod comes out with: its security context, its container's, its annotations. */
  readonly made?: { readonly pod?: Fields; readonly container?: Fields; readonly annotations?: Fields };
  /** Policies that the user may use: all when absent. */
  readonly usable?: readonly string[];
}

const any = { rule: "RunAsAny" };

/** A policy that allows everything but what is said. */
export function policyOf({ name = "p", annotations = {}, ...spec }: Fields): KubeObject {
  return {
    apiVersion: "policy/v1beta1",
    kind: "PodSecurityPolicy",
    metadata: { name: name as string, annotations: annotations as { readonly [key: string]: string } },
    spec: {
      privileged: true,
      allowPrivilegeEscalation: true,
      allowedCapabilities: ["*"],
      volumes: ["*"],
      hostNetwork: true,
      hostPorts: [{ min: 0, max: 65535 }],
      hostIPC: true,
      hostPID: true,
      runAsUser: any,
      seLinux: any,
      supplementalGroups: any,
      fsGroup: any,
      ...spec,
    },
  };
}

const admit = (faults: string) => `unable to admit pod: [${faults}]`;
const at = "spec.containers[0].securityContext";
const range = (rule: string, ...ranges: readonly (readonly [number, number])[]) => ({
  rule,
  ranges: ranges.map(([min, max]) => ({ min, max })),
});
const armor = "apparmor.security.beta.kubernetes.io";
const seccomp = "seccomp.security.alpha.kubernetes.io";
const volume = (source: Fields) => ({ volumes: [{ name: "v", ...source }] });
const context = (fields: Fields) => ({ securityContext: fields });
const labels = { user: "u", role: "r", type: "t", level: "s0:c0,c6" };

export const policyCases: { readonly [name: string]: PolicyCase } = {
  "no policy": { policies: [], denied: "no providers available to validate pod request" },
  "no policy that can be asked": {
    policies: [{ runAsUser: { rule: "MustRunAs" } }],
    denied: "no providers available to validate pod request",
  },
  "all is allowed": {
    policies: [{}],
    spec: { hostNetwork: true, ...volume({ hostPath: { path: "/" } }) },
    container: context({ privileged: true }),
    made: { container: { privileged: true }, annotations: { "kubernetes.io/psp": "p" } },
  },
  privileged: {
    policies: [{ privileged: false }],
    container: context({ privileged: true }),
    denied: admit(`${at}.privileged: Invalid value: true: Privileged containers are not allowed`),
  },
  "host namespaces": {
    policies: [{ hostNetwork: false, hostPID: false, hostIPC: false }],
    spec: { hostNetwork: true, hostPID: true, hostIPC: true },
    denied: admit(
      [
        "spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used",
        "spec.securityContext.hostPID: Invalid value: true: Host PID is not allowed to be used",
        "spec.securityContext.hostIPC: Invalid value: true: Host IPC is not allowed to be used",
      ].join(" "),
    ),
  },
  "a host port outside": {
    policies: [
      {
        hostPorts: [
          { min: 80, max: 80 },
          { min: 8000, max: 8100 },
        ],
      },
    ],
    container: { ports: [{ containerPort: 1, hostPort: 443 }] },
    denied: admit(
      "spec.containers[0].hostPort: Invalid value: 443: Host port 443 is not allowed to be used. Allowed ports: [80,8000-8100]",
    ),
  },
  "a host port inside": {
    policies: [{ hostPorts: [{ min: 8000, max: 8100 }] }],
    container: { ports: [{ containerPort: 1, hostPort: 8080 }] },
  },
  "a volume that is not allowed": {
    policies: [{ volumes: ["emptyDir", "secret"] }],
    spec: volume({ hostPath: { path: "/" } }),
    denied: admit('spec.volumes[0]: Invalid value: "hostPath": hostPath volumes are not allowed to be used'),
  },
  "a token's volume where secrets are allowed": {
    policies: [{ volumes: ["secret"] }],
    spec: volume({
      projected: {
        sources: [
          { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
          { configMap: { name: "kube-root-ca.crt" } },
        ],
      },
    }),
  },
  "another projected volume where secrets are allowed": {
    policies: [{ volumes: ["secret"] }],
    spec: volume({ projected: { sources: [{ secret: { name: "s" } }] } }),
    denied: admit('spec.volumes[0]: Invalid value: "projected": projected volumes are not allowed to be used'),
  },
  "a host path outside": {
    policies: [{ allowedHostPaths: [{ pathPrefix: "/foo" }] }],
    spec: volume({ hostPath: { path: "/foobar" } }),
    denied: admit('spec.volumes[0].hostPath.pathPrefix: Invalid value: "/foobar": is not allowed to be used'),
  },
  "a host path to be read only": {
    policies: [{ allowedHostPaths: [{ pathPrefix: "/foo/", readOnly: true }] }],
    spec: volume({ hostPath: { path: "/foo/bar" } }),
    container: { volumeMounts: [{ name: "v", mountPath: "/m" }] },
    denied: admit("spec.containers[0].volumeMounts[0].readOnly: Invalid value: false: must be read-only"),
  },
  "a host path that is read only": {
    policies: [{ allowedHostPaths: [{ pathPrefix: "/foo", readOnly: true }] }],
    spec: volume({ hostPath: { path: "/foo" } }),
    container: { volumeMounts: [{ name: "v", mountPath: "/m", readOnly: true }] },
  },
  "a driver of flex volumes": {
    policies: [{ allowedFlexVolumes: [{ driver: "example/lvm" }] }],
    spec: volume({ flexVolume: { driver: "example/cifs" } }),
    denied: admit('spec.volumes[0].driver: Invalid value: "example/cifs": Flexvolume driver is not allowed to be used'),
  },
  "a CSI driver": {
    policies: [{ allowedCSIDrivers: [{ name: "a.example.com" }] }],
    spec: volume({ csi: { driver: "b.example.com" } }),
    denied: admit(
      'spec.volumes[0].csi.driver: Invalid value: "b.example.com": Inline CSI driver is not allowed to be used',
    ),
  },
  "the user by default": {
    policies: [{ runAsUser: range("MustRunAs", [1000, 1010]) }],
    made: { container: { runAsUser: 1000 } },
  },
  "a user of the pod": {
    policies: [{ runAsUser: range("MustRunAs", [1000, 1010]) }],
    spec: context({ runAsUser: 1005 }),
    made: { pod: { runAsUser: 1005 } },
  },
  "a user outside": {
    policies: [{ runAsUser: range("MustRunAs", [1000, 1010], [2000, 2000]) }],
    container: context({ runAsUser: 1 }),
    denied: admit(`${at}.runAsUser: Invalid value: 1: must be in the ranges: [{1000 1010} {2000 2000}]`),
  },
  "no root by default": {
    policies: [{ runAsUser: { rule: "MustRunAsNonRoot" } }],
    made: { container: { runAsNonRoot: true } },
  },
  "root by number": {
    policies: [{ runAsUser: { rule: "MustRunAsNonRoot" } }],
    container: context({ runAsUser: 0 }),
    denied: admit(`${at}.runAsUser: Invalid value: 0: running with the root UID is forbidden`),
  },
  "root by flag": {
    policies: [{ runAsUser: { rule: "MustRunAsNonRoot" } }],
    container: context({ runAsNonRoot: false }),
    denied: admit(`${at}.runAsNonRoot: Invalid value: false: must be true`),
  },
  "a user that is not root": {
    policies: [{ runAsUser: { rule: "MustRunAsNonRoot" } }],
    container: context({ runAsUser: 5 }),
    made: { container: { runAsUser: 5 } },
  },
  "groups by default": {
    policies: [
      {
        runAsGroup: range("MustRunAs", [3, 5]),
        fsGroup: range("MustRunAs", [1, 2]),
        supplementalGroups: range("MustRunAs", [4, 5]),
      },
    ],
    made: { container: { runAsGroup: 3 }, pod: { fsGroup: 1, supplementalGroups: [4] } },
  },
  "groups outside": {
    policies: [
      {
        runAsGroup: range("MayRunAs", [3, 5]),
        fsGroup: range("MustRunAs", [1, 2]),
        supplementalGroups: range("MayRunAs", [4, 5]),
      },
    ],
    spec: context({ fsGroup: 9, supplementalGroups: [4, 9], runAsGroup: 9 }),
    denied: admit(
      [
        "spec.securityContext.fsGroup: Invalid value: []int64{9}: group 9 must be in the ranges: [{1 2}]",
        "spec.securityContext.supplementalGroups: Invalid value: []int64{4, 9}: group 9 must be in the ranges: [{4 5}]",
        `${at}: Invalid value: []int64{9}: group 9 must be in the ranges: [{3 5}]`,
      ].join(" "),
    ),
  },
  "groups that may be": { policies: [{ fsGroup: range("MayRunAs", [1, 2]) }] },
  "SELinux by default": {
    policies: [{ seLinux: { rule: "MustRunAs", seLinuxOptions: labels } }],
    made: { pod: { seLinuxOptions: labels } },
  },
  "SELinux with other labels": {
    policies: [{ seLinux: { rule: "MustRunAs", seLinuxOptions: labels } }],
    spec: context({ seLinuxOptions: { user: "x", role: "r", type: "t", level: "s0:c6,c0" } }),
    denied: admit(
      `spec.securityContext.seLinuxOptions.user: Invalid value: "x": must be u ${at}.seLinuxOptions.user: Invalid value: "x": must be u`,
    ),
  },
  "capabilities by default": {
    policies: [{ allowedCapabilities: [], defaultAddCapabilities: ["B", "A"], requiredDropCapabilities: ["D"] }],
    container: context({ capabilities: { drop: ["C"] } }),
    made: { container: { capabilities: { add: ["A", "B"], drop: ["C", "D"] } } },
  },
  "a capability that may not be added": {
    policies: [{ allowedCapabilities: ["A"] }],
    container: context({ capabilities: { add: ["A", "B"] } }),
    denied: admit(`${at}.capabilities.add: Invalid value: "B": capability may not be added`),
  },
  "a read-only root by default": {
    policies: [{ readOnlyRootFilesystem: true }],
    made: { container: { readOnlyRootFilesystem: true } },
  },
  "a root that is written to": {
    policies: [{ readOnlyRootFilesystem: true }],
    container: context({ readOnlyRootFilesystem: false }),
    denied: admit(`${at}.readOnlyRootFilesystem: Invalid value: false: ReadOnlyRootFilesystem must be set to true`),
  },
  "no escalation by default": {
    policies: [{ allowPrivilegeEscalation: false }],
    made: { container: { allowPrivilegeEscalation: false } },
  },
  "escalation where there is none": {
    policies: [{ allowPrivilegeEscalation: false }],
    container: context({ allowPrivilegeEscalation: true }),
    denied: admit(
      `${at}.allowPrivilegeEscalation: Invalid value: true: Allowing privilege escalation for containers is not allowed`,
    ),
  },
  "escalation by the policy's default": {
    policies: [{ defaultAllowPrivilegeEscalation: false }],
    made: { container: { allowPrivilegeEscalation: false } },
  },
  sysctls: {
    policies: [{ allowedUnsafeSysctls: ["net.core.*"], forbiddenSysctls: ["kernel.shm_rmid_forced"] }],
    spec: context({
      sysctls: ["kernel.shm_rmid_forced", "net.core.somaxconn", "net.ipv4.tcp_syncookies", "kernel.msgmax"].map(
        (name) => ({ name, value: "1" }),
      ),
    }),
    denied: admit(
      'pod.spec.securityContext.sysctls[0]: Forbidden: sysctl "kernel.shm_rmid_forced" is not allowed pod.spec.securityContext.sysctls[3]: Forbidden: unsafe sysctl "kernel.msgmax" is not allowed',
    ),
  },
  "seccomp that may not be set": {
    policies: [{}],
    spec: context({ seccompProfile: { type: "RuntimeDefault" } }),
    denied: admit(
      `pod.metadata.annotations[${seccomp}/pod]: Forbidden: seccomp may not be set pod.metadata.annotations[container.${seccomp}/a]: Forbidden: seccomp may not be set`,
    ),
  },
  "seccomp by default": {
    policies: [
      {
        annotations: {
          [`${seccomp}/allowedProfileNames`]: "docker/default",
          [`${seccomp}/defaultProfileName`]: "runtime/default",
        },
      },
    ],
    made: {
      pod: { seccompProfile: { type: "RuntimeDefault" } },
      annotations: { [`${seccomp}/pod`]: "runtime/default", "kubernetes.io/psp": "p" },
    },
  },
  "seccomp in annotations, and in fields": {
    policies: [{ annotations: { [`${seccomp}/allowedProfileNames`]: "*" } }],
    annotations: { [`${seccomp}/pod`]: "localhost/strict" },
    container: context({ seccompProfile: { type: "Unconfined" } }),
    made: {
      pod: { seccompProfile: { type: "Localhost", localhostProfile: "strict" } },
      container: { seccompProfile: { type: "Unconfined" } },
      annotations: {
        [`${seccomp}/pod`]: "localhost/strict",
        [`container.${seccomp}/a`]: "unconfined",
        "kubernetes.io/psp": "p",
      },
    },
  },
  "seccomp of another profile": {
    policies: [{ annotations: { [`${seccomp}/allowedProfileNames`]: "docker/default" } }],
    container: context({ seccompProfile: { type: "Unconfined" } }),
    spec: context({ seccompProfile: { type: "RuntimeDefault" } }),
    denied: admit(
      `pod.metadata.annotations[container.${seccomp}/a]: Forbidden: unconfined is not an allowed seccomp profile. Valid values are docker/default`,
    ),
  },
  "any seccomp": {
    policies: [{ annotations: { [`${seccomp}/allowedProfileNames`]: "*" } }],
    container: context({ seccompProfile: { type: "Unconfined" } }),
  },
  "AppArmor by default": {
    policies: [{ annotations: { [`${armor}/defaultProfileName`]: "runtime/default" } }],
    made: { annotations: { [`container.${armor}/a`]: "runtime/default", "kubernetes.io/psp": "p" } },
  },
  "AppArmor that must be set": {
    policies: [{ annotations: { [`${armor}/allowedProfileNames`]: "runtime/default" } }],
    denied: admit(`pod.metadata.annotations[container.${armor}/a]: Forbidden: AppArmor profile must be set`),
  },
  "AppArmor of another profile": {
    policies: [{ annotations: { [`${armor}/allowedProfileNames`]: "runtime/default,localhost/x" } }],
    annotations: { [`container.${armor}/a`]: "localhost/y" },
    denied: admit(
      `pod.metadata.annotations[container.${armor}/a]: Forbidden: localhost/y is not an allowed profile. Allowed values: "runtime/default,localhost/x"`,
    ),
  },
  "the runtime class by default": {
    policies: [{ runtimeClass: { allowedRuntimeClassNames: ["*"] } }],
    spec: {},
  },
  "another runtime class": {
    policies: [{ runtimeClass: { allowedRuntimeClassNames: ["gvisor"] } }],
    spec: { runtimeClassName: "kata" },
    denied: admit('spec.runtimeClassName: Invalid value: "kata"'),
  },
  "the first by name that changes nothing": {
    policies: [{ name: "a", readOnlyRootFilesystem: true }, { name: "c" }, { name: "b" }],
    made: { annotations: { "kubernetes.io/psp": "b" } },
  },
  "the first by name with its defaults": {
    policies: [
      { name: "b", readOnlyRootFilesystem: true },
      { name: "a", defaultAllowPrivilegeEscalation: false },
    ],
    made: { container: { allowPrivilegeEscalation: false }, annotations: { "kubernetes.io/psp": "a" } },
  },
  "one that may not be used": {
    policies: [{ name: "a" }, { name: "b", readOnlyRootFilesystem: true }],
    usable: ["b"],
    made: { container: { readOnlyRootFilesystem: true }, annotations: { "kubernetes.io/psp": "b" } },
  },
  "nothing of what may not be used is told": {
    policies: [
      { name: "a", hostPID: false },
      { name: "b", hostNetwork: false },
    ],
    spec: { hostNetwork: true, hostPID: true },
    usable: ["b"],
    denied: admit("spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used"),
  },
};
