import type { ResourceInfo } from "../catalogue.ts";
import type { KubeObject } from "../object.ts";
import { type Amounts, amountsOf, isSameAmounts, listOf, only, plus, type ResourceList, zero } from "./amounts.ts";
import { scopesOf } from "./evaluator.ts";
import { evaluatorFor } from "./evaluators.ts";

/** core/v1 ResourceQuotaStatus. */
export interface QuotaStatus {
  readonly hard: ResourceList;
  readonly used: ResourceList;
}

interface Quota extends KubeObject {
  readonly spec?: { readonly hard?: ResourceList };
  readonly status?: Partial<QuotaStatus>;
}

interface Countable {
  readonly group: string;
  readonly resource: string;
}

/** Those of the resources that lie in namespaces and are stored, each once, whatever versions it has. */
function countableResources(all: Iterable<ResourceInfo>): Iterable<Countable> {
  const found = new Map<string, Countable>();
  for (const { group, resource, namespaced, verbs } of all)
    if (namespaced && !resource.includes("/") && verbs.includes("list"))
      found.set(`${group}/${resource}`, { group, resource });
  return found.values();
}

/**
 * What the status of a quota must be: its limits, and what the objects of its namespace use of them. Undefined when it says so already.
 * `resources` are all that are served; `list` gives the objects of the quota's namespace; `now` is in milliseconds since the epoch.
 */
export function quotaStatus(
  quota: Quota,
  resources: Iterable<ResourceInfo>,
  list: (group: string, resource: string) => readonly KubeObject[],
  now: number,
): QuotaStatus | undefined {
  const hard = quota.spec?.hard ?? {};
  const names = Object.keys(hard);
  let counted: Amounts = new Map();
  for (const { group, resource } of countableResources(resources))
    counted = plus(counted, usageOf(quota, names, group, resource, list, now));
  const before = amountsOf(quota.status?.used);
  const used = only(new Map([...before, ...counted]), names);
  const isKnown =
    quota.status?.used !== undefined &&
    JSON.stringify(listOf(amountsOf(quota.status.hard))) === JSON.stringify(listOf(amountsOf(hard)));
  return isKnown && isSameAmounts(used, before) ? undefined : { hard, used: listOf(used) };
}

/** What one resource uses of a quota's names; nothing at all is zero. */
function usageOf(
  quota: Quota,
  names: readonly string[],
  group: string,
  resource: string,
  list: Parameters<typeof quotaStatus>[2],
  now: number,
): Amounts {
  const evaluator = evaluatorFor(group, resource);
  const own = evaluator === undefined ? [] : names.filter(evaluator.matches);
  if (evaluator === undefined || own.length === 0) return new Map();
  const scopes = scopesOf(quota);
  let used: Amounts = new Map(own.map((name) => [name, zero]));
  for (const object of list(group, resource))
    if (scopes.every((scope) => evaluator.inScope(object, scope)))
      used = plus(used, only(evaluator.usage(object, now), own));
  return used;
}
