import type { ContainerSpec, PodSpec } from "./pod.ts";

/** Where a value stands: in the container, in its pod, or nowhere, so that kubelet and the runtime decide. */
export type Origin = "container" | "pod" | "default";

export interface EffectiveField {
  readonly field: string;
  /** Undefined where nobody says anything. */
  readonly value: unknown;
  readonly origin: Origin;
  /** Where it stands, as `spec.securityContext.runAsUser`; where it could stand when it does not. */
  readonly path: string;
  /** What holds where nobody says anything. */
  readonly otherwise: string;
}

/** Fields of both contexts: the container's counts. */
const shared: { readonly [field: string]: string } = {
  runAsUser: "the image's user",
  runAsGroup: "the image's group, else root",
  runAsNonRoot: "root may run",
  seLinuxOptions: "the runtime chooses a label",
  seccompProfile: "Unconfined, unless kubelet runs with --seccomp-default",
  appArmorProfile: "the runtime's default profile where the node has AppArmor",
  windowsOptions: "none",
};

const containerOnly: { readonly [field: string]: string } = {
  privileged: "no",
  allowPrivilegeEscalation: "yes: set-user-ID programs and file capabilities take effect",
  "capabilities.add": "none beside the runtime's",
  "capabilities.drop": "none of the runtime's",
  readOnlyRootFilesystem: "no",
  procMount: "Default: parts of /proc are masked",
};

const podOnly: { readonly [field: string]: string } = {
  supplementalGroups: "none",
  supplementalGroupsPolicy: "Merge: with the groups that the image gives the user",
  fsGroup: "volumes keep their owners",
  fsGroupChangePolicy: "Always",
  seLinuxChangePolicy: "the volume's driver decides",
  sysctls: "the namespaces' own",
};

const podSpecOnly: { readonly [field: string]: string } = {
  hostNetwork: "no: a network namespace of its own",
  hostPID: "no",
  hostIPC: "no",
  hostUsers: "yes: user IDs are the node's",
  shareProcessNamespace: "no",
};

/** Every field of a container's security context as it takes effect. https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ */
export function effectiveContext(
  spec: PodSpec,
  container: ContainerSpec,
  containerPath: string,
): readonly EffectiveField[] {
  const [own, pod] = [`${containerPath}.securityContext`, "spec.securityContext"];
  const of = (
    fields: { readonly [field: string]: string },
    places: readonly (readonly [origin: Origin, holder: unknown, path: string])[],
  ) =>
    Object.entries(fields).map(([field, otherwise]): EffectiveField => {
      const found = places.find(([, holder]) => valueAt(holder, field) !== undefined);
      const [origin, holder, path] = found ?? ["default", undefined, places[0]?.[2] ?? ""];
      return { field, value: valueAt(holder, field), origin: origin as Origin, path: `${path}.${field}`, otherwise };
    });
  const contexts = {
    container: ["container", container.securityContext, own] as const,
    pod: ["pod", spec.securityContext, pod] as const,
  };
  return [
    ...of(shared, [contexts.container, contexts.pod]),
    ...of(containerOnly, [contexts.container]),
    ...of(podOnly, [contexts.pod]),
    ...of(podSpecOnly, [["pod", spec, "spec"]]),
  ];
}

function valueAt(holder: unknown, field: string): unknown {
  const value = field
    .split(".")
    .reduce<unknown>((at, key) => (at as { readonly [key: string]: unknown } | undefined | null)?.[key], holder);
  return value === null ? undefined : value;
}
