import type { KubeObject, ObjectMeta } from "@sallyport/kube";
import { type Condition, findCondition } from "./conditions.ts";
import { controllerReference } from "./owners.ts";

/** What controllers read of a pod. */
export interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string; readonly [field: string]: unknown };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly { readonly restartCount?: number }[];
    readonly [field: string]: unknown;
  };
}

/** core/v1 PodTemplateSpec. */
export interface PodTemplate {
  readonly metadata?: ObjectMeta;
  readonly spec?: { readonly [field: string]: unknown };
}

/** Neither done nor being deleted. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !pod.metadata.deletionTimestamp;
}

/** Being deleted, and not over yet. */
export function isTerminating(pod: Pod): boolean {
  return !isFinished(pod) && Boolean(pod.metadata.deletionTimestamp);
}

export function isFinished({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

export function isReady({ status }: Pod): boolean {
  return findCondition(status?.conditions, "Ready")?.status === "True";
}

/** Ready, and for so long. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  return isReady(pod) && (minReadySeconds === 0 || readySince(pod) + minReadySeconds * 1000 <= now);
}

function readySince({ status }: Pod): number {
  return Date.parse(findCondition(status?.conditions, "Ready")?.lastTransitionTime ?? "");
}

/** A pod of a template that belongs to an object. */
export function podOf({ metadata = {}, spec = {} }: PodTemplate, owner: KubeObject): Pod {
  const { labels, annotations, finalizers } = metadata;
  const { name = "", namespace = "" } = owner.metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${name}-`,
      namespace,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...spec },
  };
}

interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly ephemeral?: { readonly volumeClaimTemplate?: ClaimTemplate };
}

/** core/v1 PersistentVolumeClaimTemplate. */
interface ClaimTemplate {
  readonly metadata?: Pick<KubeObject["metadata"], "labels" | "annotations">;
  readonly spec?: object;
}

/** Claims that are made for a pod's ephemeral volumes, and go with it. */
export function ephemeralClaimsOf({
  metadata,
  spec,
}: Pod): readonly { readonly volume: string; readonly name: string; readonly template: ClaimTemplate }[] {
  return ((spec?.["volumes"] ?? []) as readonly Volume[]).flatMap(({ name, ephemeral }) => {
    if (ephemeral === undefined) return [];
    return [{ volume: name, name: `${metadata.name}-${name}`, template: ephemeral.volumeClaimTemplate ?? {} }];
  });
}

/** Claims that a pod names, and those that are made for its ephemeral volumes. */
export function claimNamesOf({ metadata, spec }: Pod): readonly string[] {
  return ((spec?.["volumes"] ?? []) as readonly Volume[]).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (ephemeral !== undefined) return [`${metadata.name}-${name}`];
    return persistentVolumeClaim === undefined ? [] : [persistentVolumeClaim.claimName];
  });
}

const phases = ["Pending", "Unknown", "Running"];

/** Which of two pods is missed less: it stands first, and is deleted first. */
export function byWorth(a: Pod, b: Pod): number {
  return (
    Number(Boolean(a.spec?.nodeName)) - Number(Boolean(b.spec?.nodeName)) ||
    phases.indexOf(a.status?.phase ?? "") - phases.indexOf(b.status?.phase ?? "") ||
    Number(isReady(a)) - Number(isReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    (isReady(a) && isReady(b) ? readySince(b) - readySince(a) : 0) ||
    restarts(b) - restarts(a) ||
    createdAt(b) - createdAt(a)
  );
}

function deletionCost({ metadata }: Pod): number {
  const cost = Number(metadata.annotations?.["controller.kubernetes.io/pod-deletion-cost"] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function restarts({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount = 0 }) => restartCount));
}

/** Milliseconds since the epoch. */
export function createdAt({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? "");
}
