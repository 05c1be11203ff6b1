import type { KubeObject, LabelSelectorObject } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { Condition } from "./conditions.ts";
import type { PodTemplate } from "./pods.ts";
import type { ReplicaOwner } from "./replicas.ts";

export type ReplicaSet = ReplicaOwner;

/** What the controller reads of a Deployment. */
export interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelectorObject;
    readonly template: PodTemplate;
    readonly paused?: boolean;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly progressDeadlineSeconds?: number;
    readonly strategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
    };
  };
  readonly status?: DeploymentStatus;
}

export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly collisionCount?: number;
  readonly conditions?: readonly Condition[];
}

/** Where a Deployment and its ReplicaSets note what they know of each other. */
export const annotationNames = {
  revision: "deployment.kubernetes.io/revision",
  revisionHistory: "deployment.kubernetes.io/revision-history",
  desiredReplicas: "deployment.kubernetes.io/desired-replicas",
  maxReplicas: "deployment.kubernetes.io/max-replicas",
};

/** The label by which ReplicaSets of one Deployment are told apart. */
export const hashLabel = "pod-template-hash";

const ownAnnotations = new Set([
  ...Object.values(annotationNames),
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
]);

/** The annotations that a Deployment hands on to its newest ReplicaSet. */
export function inherited({ metadata }: Deployment): { readonly [key: string]: string } {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !ownAnnotations.has(key)));
}

/** The ReplicaSet that makes pods as the Deployment wants them now. */
export function findNewReplicaSet({ spec }: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return sets.find((each) => isEqual(withoutHash(each.spec.template ?? {}), withoutHash(spec.template)));
}

function withoutHash({ metadata = {}, spec }: PodTemplate): PodTemplate {
  const { creationTimestamp: _created, labels = {}, ...rest } = metadata;
  const { [hashLabel]: _hash, ...others } = labels;
  return { metadata: { ...rest, labels: others }, spec: spec ?? {} };
}

export function revisionOf({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.[annotationNames.revision] ?? 0) || 0;
}

export function sum<T>(all: readonly T[], numberOf: (each: T) => number): number {
  return all.reduce((total, each) => total + numberOf(each), 0);
}
