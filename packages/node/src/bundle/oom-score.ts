import { type KubeObject, qualityOfService } from "@sallyport/kube";
import type { ContainerSpec, PodSpec } from "../security-context/pod.ts";
import type { BundlePod } from "./context.ts";
import { amount, type Resources } from "./resources.ts";

const guaranteed = -997;
const bestEffort = 1000;
/** From here on a pod is one that the node cannot do without: system-node-critical. */
const nodeCritical = 2_000_001_000;

/**
 * How readily the kernel ends the container's processes for want of memory, from -1000 to 1000: those that may have theirs last, those
 * that asked for nothing first. Kubelet's formula.
 */
export function oomScore({ metadata, spec }: BundlePod, container: ContainerSpec, memoryBytes: number): number {
  if (((spec["priority"] as number | undefined) ?? 0) >= nodeCritical) return guaranteed;
  const quality = qualityOfService({ apiVersion: "v1", kind: "Pod", metadata, spec } as unknown as KubeObject);
  if (quality === "Guaranteed") return guaranteed;
  if (quality === "BestEffort") return bestEffort;
  const least = isSidecar(spec, container) ? Math.min(...(spec.containers ?? []).map(requested)) : 0;
  const score = scoreOf(Math.max(requested(container), least) + remainder(spec), memoryBytes);
  return Math.min(Math.max(score, bestEffort + guaranteed), bestEffort - 1);
}

function scoreOf(bytes: number, memoryBytes: number): number {
  return bestEffort - Math.floor((1000 * bytes) / memoryBytes);
}

function requested(container: ContainerSpec): number {
  const { requests, limits } = (container["resources"] ?? {}) as Resources;
  return amount(requests?.["memory"] ?? limits?.["memory"]) ?? 0;
}

/** What a pod requests as a whole beyond its containers is shared by them. */
function remainder(spec: PodSpec): number {
  const whole = amount((spec["resources"] as Resources | undefined)?.requests?.["memory"]);
  const sidecars = (spec.initContainers ?? []).filter((each) => isSidecar(spec, each));
  const parts = [...(spec.containers ?? []), ...sidecars];
  const left = (whole ?? 0) - parts.reduce((sum, each) => sum + requested(each), 0);
  return left > 0 && parts.length > 0 ? left / parts.length : 0;
}

function isSidecar({ initContainers = [] }: PodSpec, container: ContainerSpec): boolean {
  return initContainers.some(({ name, restartPolicy }) => name === container.name && restartPolicy === "Always");
}
