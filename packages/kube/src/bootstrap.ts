import flowcontrol from "./data/flowcontrol.generated.json" with { type: "json" };
import rbac from "./data/rbac.generated.json" with { type: "json" };
import type { KubeObject } from "./object.ts";

/** The roles and bindings that every API server has from its first start. */
export const bootstrapRbac: readonly KubeObject[] = rbac as readonly unknown[] as readonly KubeObject[];

/** The classes of pods that a cluster cannot be without. */
export const systemPriorityClasses: readonly KubeObject[] = [
  systemPriorityClass(
    "system-node-critical",
    2_000_001_000,
    "Used for system critical pods that must not be moved from their current node.",
  ),
  systemPriorityClass(
    "system-cluster-critical",
    2_000_000_000,
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  ),
];

/** Its priority levels, then the flow schemas that refer to them. */
export const bootstrapFlowControl: readonly KubeObject[] = flowcontrol as readonly unknown[] as readonly KubeObject[];

function systemPriorityClass(name: string, value: number, description: string): KubeObject {
  return {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    description,
    preemptionPolicy: "PreemptLowerPriority",
  };
}
