import type { KubeObject } from "../object.ts";
import { matchesSelector } from "../selector.ts";
import type { Amounts } from "./amounts.ts";

/** core/v1 ScopedResourceSelectorRequirement. */
export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** How a resource counts against quotas. k8s.io/apiserver/pkg/quota/v1 Evaluator. */
export interface Evaluator {
  /** Names under `spec.hard` that this resource uses. */
  readonly matches: (name: string) => boolean;
  /** `now` in milliseconds since the epoch: what is overdue to be gone uses nothing. */
  readonly usage: (object: KubeObject, now: number) => Amounts;
  /** False where the resource knows no scopes: then a quota with scopes does not count it. */
  readonly inScope: (object: KubeObject, requirement: ScopeRequirement) => boolean;
  /** What an object must say so that the names can be counted; the text of the refusal. */
  readonly constraint?: (object: KubeObject, names: readonly string[]) => string | undefined;
  /** Whether a write changes what is used. `subresource` is empty for the object itself. */
  readonly handles: (write: QuotaWrite) => boolean;
}

export interface QuotaWrite {
  readonly operation: string;
  readonly subresource: string;
  readonly object: KubeObject;
  readonly oldObject: KubeObject | null;
}

/** All that a quota names, scopes and selector alike. */
export function scopesOf(quota: KubeObject): readonly ScopeRequirement[] {
  const { scopes = [], scopeSelector = {} } = (quota["spec"] ?? {}) as {
    readonly scopes?: readonly string[];
    readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] };
  };
  return [...scopes.map((scopeName) => ({ scopeName, operator: "Exists" })), ...(scopeSelector.matchExpressions ?? [])];
}

/** Whether one of the names (or none at all) meets a requirement on a scope that has values: `PriorityClass In (high)`. */
export function meets({ scopeName, operator, values = [] }: ScopeRequirement, names: readonly string[]): boolean {
  if (operator === "Exists") return names.length > 0;
  const selector = { matchExpressions: [{ key: scopeName, operator, values }] };
  return names.length === 0
    ? matchesSelector(selector, {})
    : names.some((name) => matchesSelector(selector, { [scopeName]: name }));
}
