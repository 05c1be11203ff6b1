import type { KubeObject, LabelSelectorObject } from "@sallyport/kube";
import type { MatchCondition } from "../cel/match-conditions.ts";
import type { Variable } from "../cel/variables.ts";
import type { MatchResources } from "../match.ts";

/** What ValidatingAdmissionPolicySpec and MutatingAdmissionPolicySpec share. admissionregistration.k8s.io/v1 */
export interface PolicySpec {
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly Variable[];
  readonly failurePolicy?: "Fail" | "Ignore";
}

export interface ParamKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What the bindings of both kinds share. */
export interface BindingSpec {
  readonly policyName: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
}

export interface ParamRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: LabelSelectorObject;
  readonly parameterNotFoundAction?: "Allow" | "Deny";
}

/** A policy with the bindings that put it in force. */
export interface BoundPolicy {
  readonly policy: KubeObject;
  readonly bindings: readonly KubeObject[];
}

export type PolicyResource = "validatingadmissionpolicies" | "mutatingadmissionpolicies";

const bindingResources: { readonly [resource in PolicyResource]: string } = {
  validatingadmissionpolicies: "validatingadmissionpolicybindings",
  mutatingadmissionpolicies: "mutatingadmissionpolicybindings",
};

/** All policies of a kind that have a binding, by name, with their bindings by name. Upstream leaves the order open. */
export function boundPolicies(
  list: (resource: string) => readonly KubeObject[],
  resource: PolicyResource,
): readonly BoundPolicy[] {
  const bindings = list(bindingResources[resource]);
  if (bindings.length === 0) return [];
  const byPolicy = new Map<string, KubeObject[]>();
  for (const binding of [...bindings].sort(byName)) {
    const { policyName } = specOf<BindingSpec>(binding);
    byPolicy.set(policyName, [...(byPolicy.get(policyName) ?? []), binding]);
  }
  return [...list(resource)].sort(byName).flatMap((policy) => {
    const bound = byPolicy.get(nameOf(policy));
    return bound === undefined ? [] : [{ policy, bindings: bound }];
  });
}

export function specOf<Spec>(object: KubeObject): Spec {
  return object["spec"] as Spec;
}

export function nameOf(object: KubeObject): string {
  return object.metadata.name ?? "";
}

function byName(a: KubeObject, b: KubeObject): number {
  return nameOf(a) < nameOf(b) ? -1 : 1;
}
