import type { Toleration } from "@sallyport/admission";
import { type KubeObject, meetsRequirement } from "@sallyport/kube";
import type { Condition } from "./conditions.ts";

/** What controllers read of a Node. */
export interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly allocatable?: { readonly [resource: string]: string };
  };
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** What of a pod says where it may run. */
export interface Placement {
  readonly nodeSelector?: { readonly [label: string]: string };
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms?: readonly NodeSelectorTerm[];
      };
    };
  };
  readonly tolerations?: readonly Toleration[];
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[];
  readonly matchFields?: readonly NodeSelectorRequirement[];
}

interface NodeSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** The first taint with one of the effects that nothing tolerates. */
export function untolerated(
  { spec }: Node,
  tolerations: readonly Toleration[],
  effects: readonly string[],
): Taint | undefined {
  return spec?.taints?.find(
    (taint) => effects.includes(taint.effect) && !tolerations.some((each) => tolerates(each, taint)),
  );
}

function tolerates({ key, operator, value = "", effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === "Exists" || value === (taint.value ?? "");
}

/** True when the pod's nodeSelector and required affinity let it onto the node. */
export function isSelectedNode({ nodeSelector = {}, affinity }: Placement, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  if (Object.entries(nodeSelector).some(([key, value]) => labels[key] !== value)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

/** A term without requirements selects nothing. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { metadata }: Node,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((each) => isMet(each, metadata.labels?.[each.key])) &&
    matchFields.every((each) => isMet(each, each.key === "metadata.name" ? metadata.name : undefined))
  );
}

/** Nodes can be selected by numbers too. */
function isMet(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const { operator, values = [] } = requirement;
  if (operator !== "Gt" && operator !== "Lt") return meetsRequirement(requirement, value) ?? false;
  const bound = Number(values[0]);
  return /^-?\d+$/.test(value ?? "") && (operator === "Gt" ? Number(value) > bound : Number(value) < bound);
}
