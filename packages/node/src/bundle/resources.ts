import { parseQuantity } from "@sallyport/kube";
import type { ContainerSpec, PodSpec } from "../security-context/pod.ts";

/** A container's or a pod's `resources`. */
export interface Resources {
  readonly requests?: { readonly [resource: string]: string | number };
  readonly limits?: { readonly [resource: string]: string | number };
}

/** Of the kernel's scheduler, in microseconds. */
const period = 100_000;
const minimumQuota = 1_000;
const [minimumShares, maximumShares] = [2, 262_144];

/** Limits of a container, in the words of OCI: runtimes make cgroup v2's of them where that is there. As kubelet computes them. */
export function containerResources(
  spec: PodSpec,
  container: ContainerSpec,
  { isPrivileged, pids }: { readonly isPrivileged: boolean; readonly pids: number | undefined },
): object {
  const own = container["resources"] as Resources | undefined;
  const [memory, cpu] = [memoryLimit(spec, container), limit(spec, container, "cpu")];
  const request = own?.requests?.["cpu"] === undefined ? cpu : amount(own.requests["cpu"]);
  return {
    devices: [{ allow: isPrivileged, access: "rwm" }],
    cpu: {
      shares: shares(request ?? 0),
      ...(cpu === undefined ? {} : { quota: Math.max(Math.floor(cpu * period), minimumQuota), period }),
    },
    ...(memory === undefined ? {} : { memory: { limit: Math.floor(memory) } }),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
  };
}

/** Bytes, or processors. Undefined where nothing, or zero, is said. */
export function amount(text: string | number | undefined): number | undefined {
  const quantity = text === undefined ? undefined : parseQuantity(String(text));
  if (quantity === undefined || typeof quantity === "string" || quantity.nanos === 0n) return undefined;
  return Number(quantity.nanos) / 1e9;
}

function shares(cpus: number): number {
  return Math.min(Math.max(Math.floor(cpus * 1024), minimumShares), maximumShares);
}

/** The container's own, or else the pod's. */
function limit(spec: PodSpec, container: ContainerSpec, resource: string): number | undefined {
  const [own, pod] = [container["resources"], spec["resources"]] as readonly (Resources | undefined)[];
  return amount(own?.limits?.[resource]) ?? amount(pod?.limits?.[resource]);
}

/** What a container may use, in bytes; undefined for as much as there is. */
export function memoryLimit(spec: PodSpec, container: ContainerSpec): number | undefined {
  return limit(spec, container, "memory");
}
