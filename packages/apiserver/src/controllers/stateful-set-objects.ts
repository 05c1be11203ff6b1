import type { KubeObject, LabelSelectorObject } from "@sallyport/kube";
import type { Condition } from "./conditions.ts";
import { isReady, type Pod, type PodTemplate, podOf } from "./pods.ts";

/** What the controller reads of a StatefulSet. */
export interface StatefulSet extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelectorObject;
    readonly template: PodTemplate;
    readonly serviceName?: string;
    readonly podManagementPolicy?: string;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly ordinals?: { readonly start?: number };
    readonly updateStrategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly partition?: number; readonly maxUnavailable?: number | string };
    };
    readonly volumeClaimTemplates?: readonly KubeObject[];
    readonly persistentVolumeClaimRetentionPolicy?: { readonly whenDeleted?: string; readonly whenScaled?: string };
  };
  readonly status?: StatefulSetStatus;
}

export interface StatefulSetStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly currentReplicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly collisionCount?: number;
  readonly conditions?: readonly Condition[];
}

/** The label that names the revision of a pod. */
export const revisionLabel = "controller-revision-hash";
const nameLabel = "statefulset.kubernetes.io/pod-name";
const indexLabel = "apps.kubernetes.io/pod-index";

/** The ordinals that there should be pods of: from the first up to, but without, the end. */
export function ordinalsOf({ spec }: StatefulSet): { readonly start: number; readonly end: number } {
  const start = spec.ordinals?.start ?? 0;
  return { start, end: start + (spec.replicas ?? 1) };
}

/** The number at the end of the pod's name; undefined for a pod whose name is not one of the set's. */
export function ordinalOf(pod: KubeObject, set: KubeObject): number | undefined {
  const [, parent, ordinal] = /^(.*)-(\d+)$/.exec(pod.metadata.name ?? "") ?? [];
  return parent === set.metadata.name ? Number(ordinal) : undefined;
}

export function isOrdered({ spec }: StatefulSet): boolean {
  return spec.podManagementPolicy !== "Parallel";
}

/** Running, ready, and to stay. */
export function isHealthy(pod: Pod): boolean {
  return isRunning(pod) && !pod.metadata.deletionTimestamp;
}

/** Running and ready. */
export function isRunning(pod: Pod): boolean {
  return pod.status?.phase === "Running" && isReady(pod);
}

export function revisionNameOf({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.[revisionLabel];
}

/** A pod of the set that has not been made yet. */
export function statefulPod(set: StatefulSet, template: PodTemplate, revision: string, ordinal: number): Pod {
  const pod = podOf(template, set);
  const name = `${set.metadata.name}-${ordinal}`;
  const { serviceName } = set.spec;
  return identified(
    {
      ...pod,
      metadata: { ...pod.metadata, name, labels: { ...pod.metadata.labels, [revisionLabel]: revision } },
      spec: {
        ...pod.spec,
        hostname: name,
        ...(serviceName && { subdomain: serviceName }),
        ...volumesOf(set, ordinal, pod),
      },
    },
    ordinal,
  );
}

/** The pod with the labels that tell which one it is. */
export function identified(pod: Pod, ordinal: number): Pod {
  const own = { [nameLabel]: pod.metadata.name ?? "", [indexLabel]: String(ordinal) };
  return { ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, ...own } } };
}

export function isIdentified({ metadata: { name, labels } }: Pod, ordinal: number): boolean {
  return labels?.[nameLabel] === name && labels?.[indexLabel] === String(ordinal);
}

/** The pod's volumes: a claim of each template comes before, and in place of, a volume of the same name. */
function volumesOf(set: StatefulSet, ordinal: number, { spec }: Pod): { readonly volumes?: readonly object[] } {
  const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata.name ?? "",
    persistentVolumeClaim: { claimName: claimName(set, metadata.name ?? "", ordinal) },
  }));
  const given = (spec?.["volumes"] ?? []) as readonly { readonly name?: string }[];
  const volumes = [...claims, ...given.filter(({ name }) => claims.every((claim) => claim.name !== name))];
  return volumes.length === 0 ? {} : { volumes };
}

export function claimName({ metadata }: StatefulSet, template: string, ordinal: number): string {
  return `${template}-${metadata.name}-${ordinal}`;
}
