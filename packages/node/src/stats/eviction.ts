import { nanosOf, podRequests, quantityText, shownQuantity } from "@sallyport/kube";
import type { KubeletContainer } from "../kubelet/pod.ts";
import type { ContainerUsage, PodUsage } from "./pod-usage.ts";
import type { Shortage } from "./pressure.ts";

const nano = 1_000_000_000n;
/** scheduling.SystemCriticalPriority: pods of it are never evicted. */
const criticalPriority = 2_000_000_000;

/**
 * Pods in the order in which they go for a shortage: those that use more than they asked for first, then those of less priority, then
 * those that exceed their request the most. pkg/kubelet/eviction: rankMemoryPressure, rankDiskPressureFunc
 */
export function evictionOrder(pods: readonly PodUsage[], { resource }: Shortage): readonly PodUsage[] {
  const excess = (usage: PodUsage) => usedOf(usage, resource) - requestedOf(usage, resource);
  const exceeds = (usage: PodUsage) => (excess(usage) > 0n ? 0 : 1);
  return pods
    .filter((usage) => priorityOf(usage) < criticalPriority)
    .sort((a, b) => exceeds(a) - exceeds(b) || priorityOf(a) - priorityOf(b) || Number(excess(b) - excess(a)));
}

/** Why a pod goes, in kubelet's words. pkg/kubelet/eviction: evictionMessage */
export function evictionMessage({ pod, containers }: PodUsage, { resource, threshold, available }: Shortage): string {
  const { containers: main, initContainers = [] } = pod.spec;
  const larger = containers.flatMap((usage) => {
    const container = [...main, ...initContainers].find(({ name }) => name === usage.name);
    const used = usedByContainer(usage, resource);
    const request = container === undefined ? undefined : requestsOf(container)?.[resource];
    if (container === undefined || used === undefined || used * nano <= nanosOf(request)) return [];
    const asked = request === undefined ? "0" : shownQuantity(request);
    return `Container ${usage.name} was using ${bytes(used)}, request is ${asked}, has larger consumption of ${resource}. `;
  });
  const format = resource === "inodes" || resource === "pids" ? "DecimalSI" : "BinarySI";
  const shown = (amount: bigint) => quantityText({ nanos: amount * nano, format });
  return [
    `The node was low on resource: ${resource}. `,
    `Threshold quantity: ${shown(threshold)}, available: ${shown(available)}. `,
    ...larger,
  ].join("");
}

function bytes(amount: bigint): string {
  return quantityText({ nanos: amount * nano, format: "BinarySI" });
}

function priorityOf({ pod }: PodUsage): number {
  return (pod.spec["priority"] as number | undefined) ?? 0;
}

/** What a pod uses of what is short. */
function usedOf({ workingSetBytes = 0n, ephemeral }: PodUsage, resource: Shortage["resource"]): bigint {
  if (resource === "memory") return workingSetBytes;
  return resource === "inodes" ? BigInt(ephemeral.inodes) : ephemeral.bytes;
}

function requestedOf({ pod }: PodUsage, resource: Shortage["resource"]): bigint {
  const requests = podRequests(pod.spec as Parameters<typeof podRequests>[0]);
  return (requests.get(resource)?.nanos ?? 0n) / nano;
}

function usedByContainer(usage: ContainerUsage, resource: Shortage["resource"]): bigint | undefined {
  if (resource === "memory") return usage.workingSetBytes;
  return resource === "ephemeral-storage" ? usage.rootfs.bytes + usage.logs.bytes : undefined;
}

function requestsOf(container: KubeletContainer): { readonly [resource: string]: string } | undefined {
  return (container["resources"] as { readonly requests?: { readonly [resource: string]: string } } | undefined)
    ?.requests;
}
