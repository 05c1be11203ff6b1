import type { KubeObject } from "@sallyport/kube";
import { effectiveContext } from "../security-context/effective.ts";
import type { ContainerSpec, PodSpec } from "../security-context/pod.ts";

/** What of a pod decides its containers' bundles. core/v1 */
export interface BundlePod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: PodSpec;
}

/** Reads a field of a container's effective security context: `runAsUser`, `capabilities.add`, `hostNetwork`. */
export type Said = <Value>(field: string) => Value | undefined;

/** The effective context of a container, by field. */
export function contextOf(spec: PodSpec, container: ContainerSpec): Said {
  const values = new Map(effectiveContext(spec, container, "").map(({ field, value }) => [field, value]));
  return <Value>(field: string) => values.get(field) as Value | undefined;
}

/** As kubelet writes a pod in its messages: `NAME_NAMESPACE(UID)`. */
export function podText({ metadata: { name, namespace, uid } }: Pick<KubeObject, "metadata">): string {
  return `${name}_${namespace}(${uid})`;
}
