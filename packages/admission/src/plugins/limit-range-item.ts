import {
  type Amounts,
  amountsOf,
  type KubeObject,
  nanosOf,
  podAmounts,
  quantityText,
  type ResourceList,
  zeroQuantity,
} from "@sallyport/kube";
import { type ResourceRequirements, specOf } from "./pod-spec.ts";

/** One entry of LimitRange's `spec.limits`. */
export interface LimitRangeItem {
  readonly type?: string;
  readonly min?: ResourceList;
  readonly max?: ResourceList;
  readonly maxLimitRequestRatio?: ResourceList;
  readonly default?: ResourceList;
  readonly defaultRequest?: ResourceList;
}

interface LimitFault {
  readonly message: string;
  readonly field: string;
}

/** What is limited: its amounts, and how they were written where they were. */
interface Usage {
  readonly requests: Amounts;
  readonly limits: Amounts;
  readonly field: string;
  readonly written?: ResourceRequirements;
}

/** What a pod or a claim does against one entry, in upstream's words, in the order min, max, ratio. */
export function limitFaults(item: LimitRangeItem, object: KubeObject): readonly LimitFault[] {
  const type = item.type ?? "";
  return usages(type, object).flatMap((usage) => {
    const each = (list: ResourceList | undefined, rule: (subject: Subject) => string | undefined) =>
      Object.entries(list ?? {}).flatMap(([name, enforced]) => {
        const message = rule({ type, name, enforced, usage });
        return message === undefined ? [] : [{ message, field: `${usage.field}.resources` }];
      });
    const isClaim = type === "PersistentVolumeClaim";
    const ratios = isClaim ? [] : each(item.maxLimitRequestRatio, overRatio);
    return [...each(item.min, belowMin), ...each(item.max, isClaim ? aboveMaxRequest : aboveMax), ...ratios];
  });
}

function usages(type: string, object: KubeObject): readonly Usage[] {
  if (object.kind === "PersistentVolumeClaim") {
    const { resources } = (object["spec"] ?? {}) as { readonly resources?: ResourceRequirements };
    return type === "PersistentVolumeClaim" ? [usageOf({ requests: resources?.requests ?? {} }, "spec")] : [];
  }
  const spec = specOf(object);
  if (type === "Pod")
    return [{ requests: podAmounts(spec, "requests"), limits: podAmounts(spec, "limits"), field: "spec" }];
  if (type !== "Container") return [];
  return (["containers", "initContainers"] as const).flatMap((list) =>
    (spec[list] ?? []).map(({ resources }, at) => usageOf(resources ?? {}, `spec.${list}[${at}]`)),
  );
}

function usageOf(written: ResourceRequirements, field: string): Usage {
  return { requests: amountsOf(written.requests), limits: amountsOf(written.limits), field, written };
}

interface Subject {
  readonly type: string;
  readonly name: string;
  readonly enforced: string | number;
  readonly usage: Usage;
}

function belowMin(subject: Subject): string | undefined {
  const { request, limit, bound } = amounts(subject);
  const minimum = sentence("minimum", subject);
  if (request === undefined) return `${minimum}.  No request is specified`;
  if (request < bound) return `${minimum}, but request is ${text(subject, "requests")}`;
  return limit !== undefined && limit < bound ? `${minimum}, but limit is ${text(subject, "limits")}` : undefined;
}

function aboveMaxRequest(subject: Subject): string | undefined {
  const { request, bound } = amounts(subject);
  const maximum = sentence("maximum", subject);
  if (request === undefined) return `${maximum}.  No request is specified`;
  return request > bound ? `${maximum}, but request is ${text(subject, "requests")}` : undefined;
}

function aboveMax(subject: Subject): string | undefined {
  const { request, limit, bound } = amounts(subject);
  const maximum = sentence("maximum", subject);
  if (limit === undefined) return `${maximum}.  No limit is specified`;
  if (limit > bound) return `${maximum}, but limit is ${text(subject, "limits")}`;
  return request !== undefined && request > bound
    ? `${maximum}, but request is ${text(subject, "requests")}`
    : undefined;
}

function overRatio(subject: Subject): string | undefined {
  const { request = 0n, limit = 0n, bound } = amounts(subject);
  const { type, name, enforced } = subject;
  const ratio = `${name} max limit to request ratio per ${type} is ${enforced}`;
  if (request === 0n) return `${ratio}, but no request is specified or request is 0`;
  if (limit === 0n) return `${ratio}, but no limit is specified or limit is 0`;
  const observed = Number(limit) / Number(request);
  return observed * 1e9 > Number(bound) ? `${ratio}, but provided ratio is ${observed.toFixed(6)}` : undefined;
}

function amounts({ name, enforced, usage }: Subject) {
  return { request: usage.requests.get(name)?.nanos, limit: usage.limits.get(name)?.nanos, bound: nanosOf(enforced) };
}

function sentence(which: "minimum" | "maximum", { type, name, enforced }: Subject): string {
  return `${which} ${name} usage per ${type} is ${enforced}`;
}

/** As it was written; a sum in the family of its parts. */
function text({ name, usage }: Subject, list: "requests" | "limits"): string {
  const written = usage.written?.[list]?.[name];
  return written === undefined ? quantityText(usage[list].get(name) ?? zeroQuantity) : String(written);
}
