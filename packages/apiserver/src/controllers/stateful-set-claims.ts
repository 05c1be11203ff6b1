import { type KubeObject, type OwnerReference, StatusError } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import { isReason } from "./client.ts";
import type { ControllerContext } from "./controller.ts";
import { controllerOf, controllerReference } from "./owners.ts";
import type { Pod } from "./pods.ts";
import { claimName, ordinalsOf, type StatefulSet } from "./stateful-set-objects.ts";

/** Makes the claims of a pod that are not there yet. Throws what refuses one, after it was told of. */
export async function createClaims(set: StatefulSet, ordinal: number, context: ControllerContext): Promise<void> {
  const { cache, client, record } = context;
  const pod = `${set.metadata.name}-${ordinal}`;
  const where = `Pod ${pod} in StatefulSet ${set.metadata.name}`;
  for (const claim of claimsOf(set, ordinal)) {
    const { namespace = "", name = "" } = claim.metadata;
    if (cache.get("", "persistentvolumeclaims", namespace, name) !== undefined) continue;
    try {
      await client.create(claim);
      record(set, "Normal", "SuccessfulCreate", `Create Claim ${name} ${where} success`);
    } catch (error) {
      if (isReason(error, "AlreadyExists")) continue;
      const reason = error instanceof StatusError ? error.message : String(error);
      record(set, "Warning", "FailedCreate", `Create Claim ${name} for ${where} failed error: ${reason}`);
      throw error;
    }
  }
}

function claimsOf(set: StatefulSet, ordinal: number): readonly KubeObject[] {
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      ...metadata,
      name: claimName(set, metadata.name ?? "", ordinal),
      namespace: set.metadata.namespace ?? "",
      labels: { ...metadata.labels, ...set.spec.selector.matchLabels },
    },
    spec,
  }));
}

/**
 * Says in the claims of a pod whom they go with, by persistentVolumeClaimRetentionPolicy: with the set, or with a pod that is too
 * many. The garbage collector does the rest.
 */
export async function retainClaims(
  set: StatefulSet,
  pod: Pod,
  ordinal: number,
  { cache, client }: ControllerContext,
): Promise<void> {
  const owners = ownersByPolicy(set, ordinal);
  for (const { metadata } of claimsOf(set, ordinal)) {
    const claim = cache.get("", "persistentvolumeclaims", metadata.namespace ?? "", metadata.name ?? "");
    if (claim === undefined || isForeign(claim, [set, pod])) continue;
    const wanted = [
      owners.set ? controllerReference(set) : undefined,
      owners.pod ? controllerReference(pod) : undefined,
    ];
    const references = referencesWith(claim, [set, pod], wanted);
    if (isEqual(references, claim.metadata.ownerReferences ?? [])) continue;
    await client.update(claim, (fresh) => {
      const { ownerReferences: _, ...rest } = fresh.metadata;
      const ownerReferences = referencesWith(fresh, [set, pod], wanted);
      return { ...fresh, metadata: { ...rest, ...(ownerReferences.length > 0 && { ownerReferences }) } };
    });
  }
}

function ownersByPolicy(set: StatefulSet, ordinal: number): { readonly set: boolean; readonly pod: boolean } {
  const { whenDeleted = "Retain", whenScaled = "Retain" } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const { start, end } = ordinalsOf(set);
  const goesWithPod = whenScaled === "Delete" && (ordinal < start || ordinal >= end);
  return { set: whenDeleted === "Delete" && !goesWithPod, pod: goesWithPod };
}

/** Somebody else manages the claim. */
function isForeign(claim: KubeObject, ours: readonly KubeObject[]): boolean {
  const manager = controllerOf(claim);
  return (
    manager !== undefined && !ours.some(({ kind, metadata }) => kind === manager.kind && metadata.name === manager.name)
  );
}

function referencesWith(
  claim: KubeObject,
  ours: readonly KubeObject[],
  wanted: readonly (OwnerReference | undefined)[],
): readonly OwnerReference[] {
  const found = claim.metadata.ownerReferences ?? [];
  const isOurs = ({ uid }: OwnerReference) => ours.some(({ metadata }) => metadata.uid === uid);
  const others = found.filter((each) => !isOurs(each));
  return [...others, ...wanted.filter((each): each is OwnerReference => each !== undefined)];
}
