import type { Quantity } from "../go/quantity.ts";
import type { KubeObject } from "../object.ts";
import { type Amounts, amountsOf, countOf, larger, plus, type ResourceList } from "./amounts.ts";
import { type Evaluator, meets } from "./evaluator.ts";
import { isPodLevel, podAmounts, podRequests } from "./pod-amounts.ts";
import { qualityOfService } from "./quality-of-service.ts";

const names: readonly string[] = [
  "count/pods",
  "pods",
  ...["cpu", "memory", "ephemeral-storage"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
];
const hugePages = ["hugepages-", "requests.hugepages-"];

/** What a quota may demand of every container. */
const demandable = ["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]);

interface Container {
  readonly name?: string;
  readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList } | undefined;
}

interface Pod extends KubeObject {
  readonly spec?: {
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly resources?: Container["resources"];
    readonly overhead?: ResourceList;
    readonly activeDeadlineSeconds?: number;
    readonly priorityClassName?: string;
    readonly affinity?: { readonly podAffinity?: Affinity; readonly podAntiAffinity?: Affinity };
  };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus extends Container {
  readonly allocatedResources?: ResourceList;
}

interface Term {
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: object;
}

interface Affinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly Term[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly { readonly podAffinityTerm?: Term }[];
}

/** Pods: their number, and what those that may still run ask for. */
export const pods: Evaluator = {
  matches: (name) =>
    names.includes(name) || hugePages.some((prefix) => name.startsWith(prefix)) || isExtendedRequest(name),
  usage: (object, now) => {
    const pod = object as Pod;
    const counted = new Map([["count/pods", countOf(1)]]);
    return isOver(pod, now) ? counted : new Map([...counted, ["pods", countOf(1)], ...asQuotaNames(pod)]);
  },
  inScope: (object, requirement) => isInScope(object as Pod, requirement.scopeName, requirement),
  constraint: (object, wanted) => missingResources(object as Pod, wanted),
  handles: ({ operation, subresource, object, oldObject }) => {
    if (subresource === "resize") return operation === "UPDATE";
    if (subresource !== "") return false;
    const changesScope = oldObject !== null && hasDeadline(object as Pod) !== hasDeadline(oldObject as Pod);
    return operation === "CREATE" || (operation === "UPDATE" && changesScope);
  },
};

/** `requests.example.com/device`. */
function isExtendedRequest(name: string): boolean {
  return name.startsWith("requests.") && name.includes("/") && !name.includes("kubernetes.io/");
}

function isOver({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return true;
  const { deletionTimestamp, deletionGracePeriodSeconds: grace } = metadata;
  return Boolean(deletionTimestamp) && grace !== undefined && now > Date.parse(deletionTimestamp ?? "") + grace * 1000;
}

function asQuotaNames(pod: Pod): Iterable<readonly [string, Quantity]> {
  const spec = pod.spec ?? {};
  const overhead = amountsOf(spec.overhead);
  const requests = podRequests(spec, inUse(pod));
  const limits = podAmounts(spec, "limits");
  const overLimits = new Map([...overhead].filter(([name]) => limits.has(name)));
  return quotaNames(requests, plus(limits, overLimits));
}

/** While a container is resized, the larger of what it asks for and what it still has counts. */
function inUse({ status }: Pod): (container: Container) => Amounts {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return ({ name, resources }) => {
    const found = all.find((each) => each.name === name);
    const has = larger(amountsOf(found?.allocatedResources), amountsOf(found?.resources?.requests));
    return larger(amountsOf(resources?.requests), has);
  };
}

function quotaNames(requests: Amounts, limits: Amounts): readonly (readonly [string, Quantity])[] {
  const native = (name: string) => names.includes(name) || name.startsWith("hugepages-");
  return [
    ...[...requests].flatMap(([name, amount]): (readonly [string, Quantity])[] => {
      const requested = [`requests.${name}`, amount] as const;
      if (native(name)) return [[name, amount], requested];
      return isExtendedRequest(`requests.${name}`) ? [requested] : [];
    }),
    ...[...limits]
      .filter(([name]) => names.includes(`limits.${name}`))
      .map(([name, amount]) => [`limits.${name}`, amount] as const),
  ];
}

function hasDeadline({ spec }: Pod): boolean {
  return (spec?.activeDeadlineSeconds ?? -1) >= 0;
}

function isInScope(pod: Pod, scope: string, requirement: Parameters<Evaluator["inScope"]>[1]): boolean {
  switch (scope) {
    case "Terminating":
      return hasDeadline(pod);
    case "NotTerminating":
      return !hasDeadline(pod);
    case "BestEffort":
      return qualityOfService(pod) === "BestEffort";
    case "NotBestEffort":
      return qualityOfService(pod) !== "BestEffort";
    case "PriorityClass":
      return meets(requirement, [pod.spec?.priorityClassName ?? ""].filter(Boolean));
    case "CrossNamespacePodAffinity":
      return looksAcrossNamespaces(pod);
    default:
      return false;
  }
}

function looksAcrossNamespaces({ spec }: Pod): boolean {
  const terms = [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity].flatMap((each) => [
    ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm ?? {},
    ),
  ]);
  return terms.some(
    ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined,
  );
}

/** Where a quota counts CPU or memory, each container must say how much, unless the pod does as a whole. */
function missingResources({ spec = {} }: Pod, wanted: readonly string[]): string | undefined {
  const { requests, limits } = spec.resources ?? {};
  if (Object.keys({ ...requests, ...limits }).some(isPodLevel)) return undefined;
  const needed = wanted.filter((name) => demandable.includes(name)).sort();
  const missing = needed.map((name) => {
    const without = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].filter(
      ({ resources }) =>
        !quotaNames(amountsOf(resources?.requests), amountsOf(resources?.limits)).some(([each]) => each === name),
    );
    return [name, [...new Set(without.map((each) => each.name ?? ""))].sort()] as const;
  });
  const said = missing.filter(([, of]) => of.length > 0).map(([name, of]) => `${name} for: ${of.join(",")}`);
  return said.length === 0 ? undefined : `must specify ${said.join("; ")}`;
}
