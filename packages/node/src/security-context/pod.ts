/** What of a pod decides the security contexts of its containers. core/v1 */
export interface PodSpec {
  readonly containers?: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly ephemeralContainers?: readonly ContainerSpec[];
  readonly securityContext?: Context;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly hostUsers?: boolean;
  readonly shareProcessNamespace?: boolean;
  readonly [field: string]: unknown;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly securityContext?: Context;
  readonly [field: string]: unknown;
}

/** A security context of a pod or a container: each has fields that the other lacks. */
export type Context = { readonly [field: string]: unknown };

export interface Profile {
  readonly type: string;
  readonly localhostProfile?: string;
}

export interface Capabilities {
  readonly add?: readonly string[];
  readonly drop?: readonly string[];
}

export const containerLists = ["initContainers", "containers", "ephemeralContainers"] as const;

/** All containers with the path of each. */
export function containersOf(spec: PodSpec): readonly (readonly [container: ContainerSpec, path: string])[] {
  return containerLists.flatMap((list) =>
    (spec[list] ?? []).map((container, i) => [container, `spec.${list}[${i}]`] as const),
  );
}
