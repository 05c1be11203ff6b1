import type { KubeObject } from "@sallyport/kube";
import type { SELinuxOptions } from "./policy.ts";

export interface SeccompProfile {
  readonly type?: string;
  readonly localhostProfile?: string;
}

export interface Capabilities {
  readonly add?: readonly string[];
  readonly drop?: readonly string[];
}

export interface ContainerSecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly seLinuxOptions?: SELinuxOptions;
  readonly seccompProfile?: SeccompProfile;
  readonly capabilities?: Capabilities;
  readonly privileged?: boolean;
  readonly procMount?: string;
  readonly readOnlyRootFilesystem?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
}

export interface PodSecurityContext
  extends Pick<
    ContainerSecurityContext,
    "runAsUser" | "runAsGroup" | "runAsNonRoot" | "seLinuxOptions" | "seccompProfile"
  > {
  readonly supplementalGroups?: readonly number[];
  readonly fsGroup?: number;
  readonly sysctls?: readonly { readonly name: string; readonly value: string }[];
}

export interface Container {
  readonly name: string;
  readonly securityContext?: ContainerSecurityContext;
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly readOnly?: boolean }[];
}

// biome-ignore lint/suspicious/noExplicitAny: volumes are free-form here, validation knows them
export type Volume = { readonly name: string; readonly [source: string]: any };

/** The part of a pod that PodSecurityPolicies judge and change. */
export interface Spec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly securityContext?: PodSecurityContext;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly runtimeClassName?: string;
  readonly serviceAccountName?: string;
}

export function specOf(pod: KubeObject): Spec {
  return (pod["spec"] ?? {}) as Spec;
}

/** In the order in which upstream visits them. */
export const containerLists = ["initContainers", "containers", "ephemeralContainers"] as const;

/** All containers with the path of each. */
export function containersOf(spec: Spec): readonly (readonly [Container, string])[] {
  return containerLists.flatMap((list) =>
    (spec[list] ?? []).map((container, i) => [container, `spec.${list}[${i}]`] as const),
  );
}

/** A container's security context with what it takes from its pod. */
export function effective(pod: PodSecurityContext = {}, container: ContainerSecurityContext = {}) {
  return {
    ...container,
    runAsUser: container.runAsUser ?? pod.runAsUser,
    runAsGroup: container.runAsGroup ?? pod.runAsGroup,
    runAsNonRoot: container.runAsNonRoot ?? pod.runAsNonRoot,
    seLinuxOptions: container.seLinuxOptions ?? pod.seLinuxOptions,
  };
}

export type Effective = ReturnType<typeof effective>;
