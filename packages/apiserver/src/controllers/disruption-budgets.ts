import { type KubeObject, type LabelSelectorObject, matchesSelector } from "@sallyport/kube";
import type { Condition } from "./conditions.ts";

/** What is read of a policy/v1 PodDisruptionBudget. */
export interface DisruptionBudget extends KubeObject {
  readonly spec: {
    readonly selector?: LabelSelectorObject;
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
    readonly unhealthyPodEvictionPolicy?: string;
  };
  readonly status?: BudgetStatus;
}

export interface BudgetStatus {
  readonly observedGeneration?: number;
  /** Pods that were evicted and are not known to be gone, with the time. */
  readonly disruptedPods?: { readonly [pod: string]: string };
  readonly disruptionsAllowed?: number;
  readonly currentHealthy?: number;
  readonly desiredHealthy?: number;
  readonly expectedPods?: number;
  readonly conditions?: readonly (Condition & { readonly observedGeneration?: number })[];
}

/** A budget without a selector is for no pod, one with an empty selector for all. */
export function isBudgeted({ spec, metadata }: DisruptionBudget, pod: KubeObject): boolean {
  if (spec.selector === undefined || metadata.namespace !== pod.metadata.namespace) return false;
  return matchesSelector(spec.selector, pod.metadata.labels ?? {});
}

/** Tells whether a pod may be evicted now. */
export function allowance(allowed: number): Condition {
  return {
    type: "DisruptionAllowed",
    status: allowed > 0 ? "True" : "False",
    reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
    message: "",
  };
}
