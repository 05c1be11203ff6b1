import type { KubeObject } from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import { matchesTerm, type Node, type NodeSelectorTerm } from "./nodes.ts";
import { claimNamesOf, type Pod } from "./pods.ts";
import type { Misfit } from "./scheduler-filters.ts";

/** What the claims of a pod say about where it may run. */
export interface Claims {
  /** Why it can run nowhere yet. */
  readonly fault: string | undefined;
  /** Claims that are bound when it is known where their pod will be. */
  readonly waiting: readonly KubeObject[];
  readonly misfitAt: (node: Node) => Misfit | undefined;
}

interface ClaimSpec {
  readonly volumeName?: string;
  readonly storageClassName?: string;
}

export function claimsOf(pod: Pod, cache: Cache): Claims {
  const waiting: KubeObject[] = [];
  const volumes: KubeObject[] = [];
  let fault: string | undefined;
  for (const name of claimNamesOf(pod)) {
    const claim = cache.get("", "persistentvolumeclaims", pod.metadata.namespace ?? "", name);
    const { volumeName, storageClassName = "" } = (claim?.["spec"] ?? {}) as ClaimSpec;
    const volume = volumeName ? cache.get("", "persistentvolumes", "", volumeName) : undefined;
    if (claim === undefined) fault ??= `persistentvolumeclaim ${JSON.stringify(name)} not found`;
    else if (claim.metadata.deletionTimestamp)
      fault ??= `persistentvolumeclaim ${JSON.stringify(name)} is being deleted`;
    else if (volume !== undefined) volumes.push(volume);
    else if (
      cache.get("storage.k8s.io", "storageclasses", "", storageClassName)?.["volumeBindingMode"] ===
      "WaitForFirstConsumer"
    )
      waiting.push(claim);
    else fault ??= "pod has unbound immediate PersistentVolumeClaims";
  }
  return { fault, waiting, misfitAt: (node) => misfitAt(node, volumes) };
}

function misfitAt(node: Node, volumes: readonly KubeObject[]): Misfit | undefined {
  const isReached = (volume: KubeObject) => {
    const { nodeAffinity } = volume["spec"] as {
      readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] } };
    };
    return (
      nodeAffinity?.required === undefined ||
      (nodeAffinity.required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node))
    );
  };
  return volumes.every(isReached)
    ? undefined
    : { reasons: ["node(s) didn't match PersistentVolume's node affinity"], isCrowded: false };
}
