import type { Cache } from "../registry/cache.ts";
import type { Node } from "./nodes.ts";
import { controllerOf } from "./owners.ts";
import { claimNamesOf, ephemeralClaimsOf, type Pod } from "./pods.ts";
import type { Misfit } from "./scheduler-filters.ts";
import { type Claim, classOf, isReached, matchingVolume, type StorageClass, type Volume } from "./volumes.ts";

/** What the claims of a pod say about where it may run. */
export interface Claims {
  /** Why it can run nowhere yet. */
  readonly fault: string | undefined;
  /** Claims that are bound when it is known where their pod will be. */
  readonly waiting: readonly Claim[];
  readonly misfitAt: (node: Node) => Misfit | undefined;
}

export function claimsOf(pod: Pod, cache: Cache): Claims {
  const waiting: Claim[] = [];
  const volumes: Volume[] = [];
  const ephemeral = new Set(ephemeralClaimsOf(pod).map(({ name }) => name));
  let fault: string | undefined;
  for (const name of claimNamesOf(pod)) {
    const claim = cache.get("", "persistentvolumeclaims", pod.metadata.namespace ?? "", name) as Claim | undefined;
    const { volumeName } = claim?.spec ?? {};
    const volume = volumeName ? (cache.get("", "persistentvolumes", "", volumeName) as Volume | undefined) : undefined;
    if (claim === undefined)
      fault ??= ephemeral.has(name)
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${JSON.stringify(name)}`
        : `persistentvolumeclaim ${JSON.stringify(name)} not found`;
    else if (ephemeral.has(name) && controllerOf(claim)?.uid !== pod.metadata.uid)
      fault ??= `PVC ${pod.metadata.namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
    else if (claim.metadata.deletionTimestamp)
      fault ??= `persistentvolumeclaim ${JSON.stringify(name)} is being deleted`;
    else if (volume !== undefined) volumes.push(volume);
    else if (
      cache.get("storage.k8s.io", "storageclasses", "", classOf(claim))?.["volumeBindingMode"] ===
      "WaitForFirstConsumer"
    )
      waiting.push(claim);
    else fault ??= "pod has unbound immediate PersistentVolumeClaims";
  }
  return { fault, waiting, misfitAt: (node) => misfitAt(node, volumes, waiting, cache) };
}

function isMade(claim: Claim, cache: Cache): boolean {
  const found = cache.get("storage.k8s.io", "storageclasses", "", classOf(claim)) as StorageClass | undefined;
  return found !== undefined && found.provisioner !== "kubernetes.io/no-provisioner";
}

function misfitAt(node: Node, volumes: readonly Volume[], waiting: readonly Claim[], cache: Cache): Misfit | undefined {
  if (!volumes.every((volume) => isReached(volume, node)))
    return { reasons: ["node(s) didn't match PersistentVolume's node affinity"], isCrowded: false };
  // Where nobody makes volumes, one must be there.
  const all = cache.list("", "persistentvolumes") as readonly Volume[];
  return waiting.every((claim) => isMade(claim, cache) || matchingVolume(claim, all, { node }) !== undefined)
    ? undefined
    : { reasons: ["node(s) didn't find available persistent volumes to bind"], isCrowded: false };
}
