import type { Pod } from "./pod.ts";

/** Why a pod that was assigned to this node cannot be here at all; undefined when it can. In kubelet's words. */
export function mayRun({ spec }: Pod): { readonly reason: string; readonly message: string } | undefined {
  const os = (spec["os"] as { readonly name?: string } | undefined)?.name;
  if (os !== undefined && os !== "" && os !== "linux")
    return { reason: "PodOSNotSupported", message: `Failed to admit pod as the OS field doesn't match node OS` };
  return undefined;
}
