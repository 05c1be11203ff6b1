import {
  type Amounts,
  amountsOf,
  evaluatorFor,
  type KubeObject,
  listOf,
  moreThan,
  only,
  plus,
  type QuotaEvaluator,
  quantityText,
  type ResourceList,
  scopesOf,
} from "@sallyport/kube";
import type { Request } from "../request.ts";

/** One of ResourceQuotaConfiguration's `limitedResources`: what may be used only where a quota covers it. */
export interface LimitedResource {
  readonly apiGroup?: string;
  readonly resource?: string;
  /** Parts of names of resources: `.storageclass.storage.k8s.io/requests.storage`. */
  readonly matchContains?: readonly string[];
  readonly matchScopes?: readonly Scope[];
}

type Scope = ReturnType<typeof scopesOf>[number];

export interface QuotaFault {
  readonly message: string;
  /** Upstream answers it as a plain error, not as Forbidden. */
  readonly isPlain?: boolean;
}

/** A namespace's quotas with this request counted in their status, or why it is refused. Quotas that it does not touch stay the same. */
export function usedAfter(
  quotas: readonly KubeObject[],
  request: Request,
  now: number,
  limited: readonly LimitedResource[],
): { readonly quotas: readonly KubeObject[] } | QuotaFault {
  const { resource, object } = request;
  const evaluator = evaluatorFor(resource.group, resource.resource);
  if (evaluator === undefined || object === null) return { quotas };
  const matching = quotas.filter((quota) => isCounted(quota, object, evaluator));
  for (const quota of matching) {
    const fault = unready(quota, object, evaluator);
    if (fault !== undefined) return { message: fault };
  }
  const added = new Map(matching.map((quota) => [quota, delta(quota, request, evaluator, now)]));
  const total = matching.length === 0 ? delta(undefined, request, evaluator, now) : undefined;
  if ([...added.values(), ...(total === undefined ? [] : [total])].every((each) => each.size === 0)) return { quotas };
  const uncovered = uncoveredFault(quotas, matching, request, evaluator, limited, now);
  if (uncovered !== undefined) return uncovered;
  const after: KubeObject[] = [];
  for (const quota of quotas) {
    const next = counted(quota, added.get(quota) ?? new Map(), request.subResource === "status");
    if (typeof next === "string") return { message: next };
    after.push(next);
  }
  return { quotas: after };
}

interface QuotaStatus {
  readonly hard?: ResourceList;
  readonly used?: ResourceList;
}

function statusOf(quota: KubeObject): QuotaStatus {
  return (quota["status"] ?? {}) as QuotaStatus;
}

/** It limits something that the object uses, and all of its scopes hold. */
function isCounted(quota: KubeObject, object: KubeObject, evaluator: QuotaEvaluator): boolean {
  const names = Object.keys(statusOf(quota).hard ?? {}).filter(evaluator.matches);
  return names.length > 0 && scopesOf(quota).every((scope) => evaluator.inScope(object, scope));
}

function unready(quota: KubeObject, object: KubeObject, evaluator: QuotaEvaluator): string | undefined {
  const { hard = {}, used = {} } = statusOf(quota);
  const { name } = quota.metadata;
  const names = Object.keys(hard).filter(evaluator.matches).sort();
  const fault = evaluator.constraint?.(object, names);
  if (fault !== undefined) return `failed quota: ${name}: ${fault}`;
  const isKnown = names.every((each) => used[each] !== undefined);
  return isKnown ? undefined : `status unknown for quota: ${name}, resources: ${names.join(",")}`;
}

/** What the request uses more than before; all of it where the object did not count against this quota. */
function delta(quota: KubeObject | undefined, request: Request, evaluator: QuotaEvaluator, now: number): Amounts {
  const { object, oldObject, operation } = request;
  const usage = evaluator.usage(object as KubeObject, now);
  const hadCounted =
    operation === "UPDATE" && oldObject !== null && (quota === undefined || isCounted(quota, oldObject, evaluator));
  const more = hadCounted ? moreThan(usage, evaluator.usage(oldObject, now)) : usage;
  return new Map([...more].filter(([, { nanos }]) => nanos !== 0n));
}

function uncoveredFault(
  quotas: readonly KubeObject[],
  matching: readonly KubeObject[],
  { resource, object }: Request,
  evaluator: QuotaEvaluator,
  limited: readonly LimitedResource[],
  now: number,
): QuotaFault | undefined {
  const ours = limited.filter(
    (each) => (each.apiGroup ?? "") === resource.group && each.resource === resource.resource,
  );
  if (ours.length === 0) return undefined;
  const covered = new Set(
    matching.flatMap((quota) => Object.keys(statusOf(quota).hard ?? {})).filter(evaluator.matches),
  );
  const uses = [...evaluator.usage(object as KubeObject, now)].filter(([, { nanos }]) => nanos > 0n);
  const names = uses
    .map(([name]) => name)
    .filter((name) => ours.some(({ matchContains = [] }) => matchContains.some((part) => name.includes(part))))
    .filter((name) => !covered.has(name));
  if (names.length > 0) return { message: `insufficient quota to consume: ${names.sort().join(",")}` };
  const inScope = (scope: Scope) => evaluator.inScope(object as KubeObject, scope);
  const known = new Set(
    quotas
      .flatMap(scopesOf)
      .filter(inScope)
      .map(({ scopeName }) => scopeName),
  );
  const scopes = ours.flatMap(({ matchScopes = [] }) => matchScopes).filter(inScope);
  const lacking = scopes.filter(({ scopeName }) => !known.has(scopeName));
  if (lacking.length === 0) return undefined;
  const text = lacking.map(
    ({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(" ")}]}`,
  );
  return { message: `insufficient quota to match these scopes: [${text.join(" ")}]`, isPlain: true };
}

/** The quota with so much more used, or the text of the refusal. Writes of a status are counted, never refused. */
function counted(quota: KubeObject, more: Amounts, isStatus: boolean): KubeObject | string {
  const { hard: hardList, used: usedList } = statusOf(quota);
  const [hard, used] = [amountsOf(hardList), amountsOf(usedList)];
  const requested = only(more, hard.keys());
  if (requested.size === 0) return quota;
  const sum = plus(used, requested);
  const exceeded = [...requested.keys()].filter((name) => (sum.get(name)?.nanos ?? 0n) > (hard.get(name)?.nanos ?? 0n));
  if (exceeded.length === 0 || isStatus) return { ...quota, status: { ...statusOf(quota), used: listOf(sum) } };
  const [ask, had, limit] = [requested, used, hard].map((amounts) => text(only(amounts, exceeded)));
  return `exceeded quota: ${quota.metadata.name}, requested: ${ask}, used: ${had}, limited: ${limit}`;
}

function text(amounts: Amounts): string {
  const parts = [...amounts].map(([name, amount]) => `${name}=${quantityText(amount)}`);
  return parts.sort().join(",");
}
