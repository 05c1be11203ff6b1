import type { KubeObject, ResourceList } from "@sallyport/kube";
import { isCore } from "../refusals.ts";
import type { Request } from "../request.ts";

export interface ResourceRequirements {
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly restartPolicy?: string;
  readonly resources?: ResourceRequirements;
}

/** The fields of a pod's spec that more than one plugin reads. */
export interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly nodeName?: string;
  readonly nodeSelector?: { readonly [key: string]: string };
  readonly tolerations?: readonly Toleration[];
  readonly overhead?: ResourceList;
  readonly resources?: ResourceRequirements;
  readonly runtimeClassName?: string;
  readonly serviceAccountName?: string;
  readonly [field: string]: unknown;
}

/** Of a pod that a kubelet runs from a file, and only shows to the server. */
export const mirrorAnnotation = "kubernetes.io/config.mirror";

/** The pod of a request for pods themselves (no subresource); undefined for all else. */
export function podOf(request: Request): KubeObject | undefined {
  return isCore(request, "pods") && request.object !== null ? request.object : undefined;
}

export function specOf(pod: KubeObject): PodSpec {
  return (pod["spec"] ?? {}) as PodSpec;
}

/** The pod with these fields of its spec replaced. */
export function withSpec(pod: KubeObject, fields: Partial<PodSpec>): KubeObject {
  return { ...pod, spec: { ...specOf(pod), ...fields } };
}
