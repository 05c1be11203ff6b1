import type { ContainerSpec, PodSpec } from "../security-context/pod.ts";

/** Fields that a docker command says, or that a note of its own tells of. */
const saidOfPods: ReadonlySet<string> = new Set([
  "containers",
  "dnsConfig",
  "ephemeralContainers",
  "hostAliases",
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "hostUsers",
  "hostname",
  "initContainers",
  "restartPolicy",
  "runtimeClassName",
  "securityContext",
  "shareProcessNamespace",
  "terminationGracePeriodSeconds",
  "volumes",
]);

const saidOfContainers: ReadonlySet<string> = new Set([
  "args",
  "command",
  "env",
  "envFrom",
  "image",
  "imagePullPolicy",
  "lifecycle",
  "livenessProbe",
  "name",
  "ports",
  "readinessProbe",
  "resources",
  "securityContext",
  "startupProbe",
  "stdin",
  "tty",
  "volumeMounts",
  "workingDir",
]);

/** What the API server fills in everywhere, and that asks for nothing. */
const defaults: { readonly [field: string]: readonly unknown[] } = {
  // Docker's own is to ask the given servers alone.
  dnsPolicy: ["ClusterFirst", "None"],
  enableServiceLinks: [true],
  preemptionPolicy: ["PreemptLowerPriority"],
  priority: [0],
  schedulerName: ["default-scheduler"],
  terminationMessagePath: ["/dev/termination-log"],
  terminationMessagePolicy: ["File"],
};

/** Names of fields that are set to something, and that no docker command says. */
export function unsaidFields(spec: PodSpec, container: ContainerSpec): readonly string[] {
  const asked = (fields: { readonly [field: string]: unknown }, said: ReadonlySet<string>) =>
    Object.keys(fields).filter((field) => !said.has(field) && !defaults[field]?.includes(fields[field]));
  return [...asked(spec, saidOfPods), ...asked(container, saidOfContainers)];
}
