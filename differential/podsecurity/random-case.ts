import type { KubeObject } from "@sallyport/kube";
import { randomPod } from "../podsecuritypolicy/random-case.ts";
import type { Tape } from "../tape.ts";

type Fields = { readonly [field: string]: unknown };
type Spec = Fields & { readonly containers: readonly Fields[] };

const prefix = "pod-security.kubernetes.io";

/** A namespace's labels, with pods and workloads for it, and what its labels become when pods are there. */
export interface SecurityCase {
  readonly labels: { readonly [key: string]: string };
  readonly pods: readonly KubeObject[];
  readonly workloads: readonly KubeObject[];
  /** Merge patches of the labels of a namespace that lets all pods in. */
  readonly changes: readonly Fields[];
}

export function randomCase(tape: Tape): SecurityCase {
  const pods = tape.list(3, () => securePod(tape), 2).map((pod, at) => named(pod, `p${at}`));
  return {
    labels: randomLabels(tape),
    pods,
    workloads: tape.list(2, () => workload(tape, securePod(tape)), 1),
    changes: tape.list(3, () => ({ metadata: { labels: randomLabels(tape) } }), 2),
  };
}

function named(pod: KubeObject, name: string): KubeObject {
  return { ...pod, metadata: { ...pod.metadata, name } };
}

const levels = ["restricted", "baseline", "restricted", "privileged", "nonsense"];
const versions = [
  "latest",
  "v1.0",
  "v1.8",
  "v1.18",
  "v1.19",
  "v1.22",
  "v1.24",
  "v1.25",
  "v1.28",
  "v1.31",
  "v1.34",
  "v1.36",
  "v1.37",
  "v1.99",
  "1.25",
];

function randomLabels(tape: Tape): { readonly [key: string]: string } {
  const labels: { [key: string]: string } = {};
  for (const mode of ["enforce", "warn", "audit"]) {
    if (tape.below(3) < 2) labels[`${prefix}/${mode}`] = tape.oneIn(25) ? "nonsense" : tape.pick(levels.slice(0, 4));
    if (tape.below(2) === 0)
      labels[`${prefix}/${mode}-version`] = tape.oneIn(20) ? "1.25" : tape.pick(versions.slice(0, -1));
  }
  return labels;
}

/** What levels look at beside what PodSecurityPolicies did. Half of the pods are careful, so that few reasons are left. */
function securePod(tape: Tape): KubeObject {
  const pod = tape.below(2) === 0 ? randomPod(tape, "p") : carefulPod(tape);
  const spec = pod["spec"] as Spec;
  const containers = spec.containers.map((each) => withMore(tape, each));
  return {
    ...pod,
    spec: {
      ...spec,
      ...maybe(tape, 8, { hostUsers: false }),
      ...maybe(tape, 10, { os: { name: tape.pick(["linux", "windows"]) } }),
      ...(tape.oneIn(8) ? { securityContext: { ...(spec["securityContext"] as object), ...podContext(tape) } } : {}),
      ...(tape.oneIn(6) ? { volumes: [...((spec["volumes"] ?? []) as Fields[]), moreVolume(tape)] } : {}),
      ...maybe(tape, 8, { initContainers: [withMore(tape, { name: "first", image: "x" })] }),
      containers,
    },
  };
}

function maybe(tape: Tape, oneIn: number, fields: Fields): Fields {
  return tape.oneIn(oneIn) ? fields : {};
}

function carefulPod(tape: Tape): KubeObject {
  const container = {
    name: "main",
    image: "registry.example.com/app:1",
    securityContext: {
      ...(tape.oneIn(5) ? {} : { allowPrivilegeEscalation: false }),
      ...(tape.oneIn(5)
        ? {}
        : {
            capabilities: { drop: [tape.oneIn(6) ? "all" : "ALL"], ...maybe(tape, 4, { add: ["NET_BIND_SERVICE"] }) },
          }),
      ...maybe(tape, 6, { runAsNonRoot: tape.below(3) > 0 }),
    },
  };
  const securityContext = {
    ...(tape.oneIn(5) ? {} : { runAsNonRoot: true }),
    ...(tape.oneIn(5)
      ? {}
      : { seccompProfile: { type: tape.pick(["RuntimeDefault", "RuntimeDefault", "Unconfined"]) } }),
    ...maybe(tape, 6, { runAsUser: tape.pick([0, 1000]) }),
  };
  const spec = { automountServiceAccountToken: false, securityContext, containers: [container] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec };
}

const request = (host: string) => ({ httpGet: { path: "/", port: 80, host } });

function withMore(tape: Tape, container: Fields): Fields {
  const context = (container["securityContext"] ?? {}) as Fields;
  const more = {
    ...maybe(tape, 12, {
      appArmorProfile: tape.pick([
        { type: "RuntimeDefault" },
        { type: "Unconfined" },
        { type: "Localhost", localhostProfile: "p" },
      ] as Fields[]),
    }),
    ...maybe(tape, 15, { procMount: "Unmasked" }),
    ...maybe(tape, 20, { windowsOptions: { hostProcess: tape.below(3) > 0 } }),
    ...maybe(tape, 15, {
      seLinuxOptions: tape.pick([{ type: "container_engine_t" }, { type: "spc_t" }, { role: "r" }] as Fields[]),
    }),
  };
  const host = () => tape.pick(["127.0.0.1", "localhost", "10.0.0.1", "example.com", "::1", ""]);
  return {
    ...container,
    ...(Object.keys({ ...context, ...more }).length === 0 ? {} : { securityContext: { ...context, ...more } }),
    ...maybe(tape, 10, { livenessProbe: request(host()) }),
    ...maybe(tape, 15, { readinessProbe: { tcpSocket: { port: 80, host: host() } } }),
    ...maybe(tape, 20, { lifecycle: { preStop: request(host()), postStart: request(host()) } }),
  };
}

const sysctls = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_slow_start_after_idle",
  "net.core.somaxconn",
];

function podContext(tape: Tape): Fields {
  return {
    ...maybe(tape, 2, {
      sysctls: [...new Set(tape.list(3, () => tape.pick(sysctls), 1))].map((name) => ({ name, value: "1" })),
    }),
    ...maybe(tape, 4, { windowsOptions: { hostProcess: true } }),
    ...maybe(tape, 3, { appArmorProfile: { type: "Unconfined" } }),
    ...maybe(tape, 3, {
      seLinuxOptions: {
        type: tape.pick(["container_t", "container_init_t", "container_kvm_t", "container_engine_t", "x"]),
      },
    }),
  };
}

function moreVolume(tape: Tape): Fields {
  return {
    name: "more",
    ...tape.pick([
      { iscsi: { targetPortal: "1.2.3.4", iqn: "iqn.2001-04.com.example:storage", lun: 0 } },
      { gitRepo: { repository: "https://example.com/x" } },
      { image: { reference: "registry.example.com/data:1" } },
      {
        ephemeral: {
          volumeClaimTemplate: {
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        },
      },
      { persistentVolumeClaim: { claimName: "c" } },
    ] as Fields[]),
  };
}

const app = { app: "a" };

/** The pod as a template of one of the eight kinds that are looked at. */
function workload(tape: Tape, pod: KubeObject): KubeObject {
  const { spec, metadata } = pod as KubeObject & { readonly spec: Fields };
  const template = (more: Fields = {}) => ({
    metadata: { labels: app, ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }) },
    spec: { ...spec, ...more },
  });
  const selected = { selector: { matchLabels: app }, template: template() };
  const job = { template: template({ restartPolicy: "Never" }) };
  const [apiVersion, kind, fields] = tape.pick([
    ["apps/v1", "Deployment", { spec: selected }],
    ["apps/v1", "ReplicaSet", { spec: selected }],
    ["apps/v1", "DaemonSet", { spec: selected }],
    ["apps/v1", "StatefulSet", { spec: { ...selected, serviceName: "s" } }],
    ["batch/v1", "Job", { spec: job }],
    ["batch/v1", "CronJob", { spec: { schedule: "* * * * *", jobTemplate: { spec: job } } }],
    ["v1", "ReplicationController", { spec: { selector: app, template: template() } }],
    ["v1", "PodTemplate", { template: template() }],
  ] as [string, string, Fields][]);
  return { apiVersion, kind, metadata: { name: "w" }, ...fields };
}
