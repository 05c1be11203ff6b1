import { nanosOf, podAmounts, quantityText, shownQuantity } from "@sallyport/kube";
import type { KubeletContainer, Pod } from "../kubelet/pod.ts";
import { isSidecar } from "../kubelet/pod.ts";
import { type Volume, volumeSpecOf } from "../volumes/volume.ts";
import type { PodUsage } from "./pod-usage.ts";

const resource = "ephemeral-storage";
const nano = 1_000_000_000n;

/** Whether a pod has any limit on what it writes to the disk: others need no measuring. */
export function hasStorageLimit(pod: Pod): boolean {
  return podLimit(pod) !== undefined || (volumeSpecOf(pod).volumes ?? []).some((each) => limitOf(each) !== undefined);
}

/** Which limit on the disk a pod exceeds, in the words of kubelet's eviction. pkg/kubelet/eviction: localStorageEviction */
export function storageExcess({ pod, volumes, containers, ephemeral }: PodUsage): string | undefined {
  for (const volume of volumeSpecOf(pod).volumes ?? []) {
    const limit = limitOf(volume);
    const used = volumes.find(({ name }) => name === volume.name)?.bytes ?? 0n;
    if (limit !== undefined && used > limit)
      return `Usage of EmptyDir volume "${volume.name}" exceeds the limit "${shownQuantity(volume.emptyDir?.sizeLimit)}". `;
  }
  const whole = podLimit(pod);
  if (whole !== undefined && ephemeral.bytes * nano > whole.nanos)
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${quantityText(whole)}. `;
  const { containers: main, initContainers = [] } = pod.spec;
  for (const { name, rootfs, logs } of containers) {
    const container = [...main, ...initContainers.filter(isSidecar)].find((each) => each.name === name);
    const limit = container && limitsOf(container)?.[resource];
    if (limit !== undefined && nanosOf(limit) > 0n && (rootfs.bytes + logs.bytes) * nano > nanosOf(limit))
      return `Container ${name} exceeded its local ephemeral storage limit "${shownQuantity(limit)}". `;
  }
  return undefined;
}

/** Of an emptyDir on the disk; the kernel holds those in memory to theirs. */
function limitOf({ emptyDir }: Volume): bigint | undefined {
  if (emptyDir?.sizeLimit === undefined || emptyDir.medium === "Memory") return undefined;
  const limit = nanosOf(emptyDir.sizeLimit) / nano;
  return limit > 0n ? limit : undefined;
}

function podLimit({ spec }: Pod) {
  return podAmounts(spec as Parameters<typeof podAmounts>[0], "limits").get(resource);
}

function limitsOf(container: KubeletContainer): { readonly [resource: string]: string } | undefined {
  return (container["resources"] as { readonly limits?: { readonly [resource: string]: string } } | undefined)?.limits;
}
