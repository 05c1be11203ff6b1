import type { KubeObject } from "@sallyport/kube";
import type { Workload } from "../policy/workload.ts";

/** A pod that others can reach. */
export interface MeshPod {
  readonly workload: Workload;
  readonly ip: string;
  readonly hasSidecar: boolean;
}

/** Undefined for a pod without an address, one that has ended, and one of its node's network: many have that address. */
export function meshPod({ metadata, ...pod }: KubeObject): MeshPod | undefined {
  const spec = (pod["spec"] ?? {}) as { readonly hostNetwork?: boolean; readonly serviceAccountName?: string };
  const { podIP = "", phase } = (pod["status"] ?? {}) as { readonly podIP?: string; readonly phase?: string };
  if (podIP === "" || spec.hostNetwork === true || phase === "Succeeded" || phase === "Failed") return undefined;
  const { name = "", namespace = "", labels = {} } = metadata;
  return {
    workload: { name, namespace, labels, serviceAccount: spec.serviceAccountName ?? "default" },
    ip: podIP,
    hasSidecar: labels["security.istio.io/tlsMode"] === "istio",
  };
}
