import { type KubeObject, matchesSelector, nanosOf } from "@sallyport/kube";
import type { Condition } from "./conditions.ts";
import { matchesTerm, type Node, type NodeSelectorTerm } from "./nodes.ts";

/** What controllers read of a PersistentVolumeClaim. */
export interface Claim extends KubeObject {
  readonly spec: {
    readonly accessModes?: readonly string[];
    readonly resources?: { readonly requests?: { readonly storage?: string } };
    readonly selector?: object;
    readonly storageClassName?: string;
    readonly volumeAttributesClassName?: string;
    readonly volumeMode?: string;
    readonly volumeName?: string;
  };
  readonly status?: {
    readonly phase?: string;
    readonly accessModes?: readonly string[];
    readonly capacity?: object;
    readonly conditions?: readonly Condition[];
  };
}

/** What controllers read of a PersistentVolume. */
export interface Volume extends KubeObject {
  readonly spec: {
    readonly accessModes?: readonly string[];
    readonly capacity?: { readonly storage?: string };
    readonly claimRef?: ClaimRef;
    readonly hostPath?: { readonly path: string };
    readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] } };
    readonly persistentVolumeReclaimPolicy?: string;
    readonly storageClassName?: string;
    readonly volumeAttributesClassName?: string;
    readonly volumeMode?: string;
  };
  readonly status?: { readonly phase?: string };
}

export interface ClaimRef {
  readonly namespace?: string;
  readonly name?: string;
  readonly uid?: string;
}

/** storage/v1 StorageClass. */
export interface StorageClass extends KubeObject {
  readonly provisioner: string;
  readonly reclaimPolicy?: string;
  readonly volumeBindingMode?: string;
  readonly mountOptions?: readonly string[];
}

/** Written by the scheduler: the node where the claim's first user will run. */
export const selectedNode = "volume.kubernetes.io/selected-node";
export const boundByController = "pv.kubernetes.io/bound-by-controller";
export const bindCompleted = "pv.kubernetes.io/bind-completed";
export const provisionedBy = "pv.kubernetes.io/provisioned-by";

const classAnnotation = "volume.beta.kubernetes.io/storage-class";

/** The class by name, also where it is still said by the annotation of before. */
export function classOf({ metadata, spec }: Claim | Volume): string {
  return metadata.annotations?.[classAnnotation] ?? spec.storageClassName ?? "";
}

/** Whether a claim says of which class it is, if only that it is of none. */
export function namesClass({ metadata, spec }: Claim): boolean {
  return spec.storageClassName !== undefined || metadata.annotations?.[classAnnotation] !== undefined;
}

/** Why a volume cannot be a claim's, in kube-controller-manager's words. */
export function mismatchOf(volume: Volume, claim: Claim): string | undefined {
  if (volume.metadata.deletionTimestamp)
    return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`;
  if (sizeOf(volume.spec.capacity?.storage) < sizeOf(claim.spec.resources?.requests?.storage))
    return "requested PV is too small";
  if (classOf(volume) !== classOf(claim)) return "storageClassName does not match";
  if ((volume.spec.volumeAttributesClassName ?? "") !== (claim.spec.volumeAttributesClassName ?? ""))
    return "volumeAttributesClassName does not match";
  if ((volume.spec.volumeMode ?? "Filesystem") !== (claim.spec.volumeMode ?? "Filesystem"))
    return "incompatible volumeMode";
  const modes = volume.spec.accessModes ?? [];
  return (claim.spec.accessModes ?? []).every((mode) => modes.includes(mode)) ? undefined : "incompatible accessMode";
}

function sizeOf(amount: string | undefined): bigint {
  return amount === undefined ? 0n : nanosOf(amount);
}

/** Whether it is kept for this claim, by its user or by the binder. */
export function isFor({ claimRef }: Volume["spec"], { metadata }: Claim): boolean {
  return (
    claimRef !== undefined &&
    claimRef.namespace === metadata.namespace &&
    claimRef.name === metadata.name &&
    (!claimRef.uid || claimRef.uid === metadata.uid)
  );
}

/** Whether a volume can be reached from a node. */
export function isReached({ spec }: Volume, node: Node): boolean {
  const { required } = spec.nodeAffinity ?? {};
  return required === undefined || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

/**
 * The volume that a claim should have: one that is kept for it, else the smallest that will do. `node` is where it must be reached;
 * `kept` asks for one that is kept alone.
 */
export function matchingVolume(
  claim: Claim,
  volumes: readonly Volume[],
  { node, kept = false }: { readonly node?: Node | undefined; readonly kept?: boolean } = {},
): Volume | undefined {
  let best: Volume | undefined;
  for (const volume of volumes) {
    if (mismatchOf(volume, claim) !== undefined) continue;
    if (node !== undefined && !isReached(volume, node)) continue;
    if (isFor(volume.spec, claim)) return volume;
    const isFree = volume.spec.claimRef === undefined && volume.status?.phase === "Available";
    const { selector } = claim.spec;
    if (kept || !isFree || (selector !== undefined && !matchesSelector(selector, volume.metadata.labels ?? {})))
      continue;
    if (best === undefined || sizeOf(volume.spec.capacity?.storage) < sizeOf(best.spec.capacity?.storage))
      best = volume;
  }
  return best;
}
