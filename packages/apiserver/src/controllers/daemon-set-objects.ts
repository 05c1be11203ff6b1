import type { Toleration } from "@sallyport/admission";
import type { KubeObject, LabelSelectorObject } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import type { Condition } from "./conditions.ts";
import { isSelectedNode, type Node, type Placement, untolerated } from "./nodes.ts";
import { type Pod, type PodTemplate, podOf } from "./pods.ts";
import { revisionLabel } from "./stateful-set-objects.ts";

/** What the controller reads of a DaemonSet. */
export interface DaemonSet extends KubeObject {
  readonly spec: {
    readonly selector: LabelSelectorObject;
    readonly template: PodTemplate;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly updateStrategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
    };
  };
  readonly status?: { readonly collisionCount?: number; readonly conditions?: readonly Condition[] };
}

/** Counts the changes of the template, from before there were revisions. */
const generationAnnotation = "deprecated.daemonset.template.generation";
const generationLabel = "pod-template-generation";

/** What every daemon bears: nodes that are in trouble need it most. */
const daemonTolerations: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const hostNetworkToleration: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

type DaemonSpec = Placement & {
  readonly nodeName?: string;
  readonly hostNetwork?: boolean;
  readonly [field: string]: unknown;
};

/** A daemon for one node: it asks for the scheduler's agreement, but for no other node. */
export function daemonPod(set: DaemonSet, node: string, hash: string): Pod {
  const pod = podOf(set.spec.template, set);
  const generation = set.metadata.annotations?.[generationAnnotation];
  const spec = (pod.spec ?? {}) as DaemonSpec;
  const labels = {
    ...pod.metadata.labels,
    ...(generation !== undefined && { [generationLabel]: generation }),
    [revisionLabel]: hash,
  };
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...spec, affinity: affinityTo(node, spec), tolerations: tolerationsOf(spec) },
  };
}

function affinityTo(node: string, { affinity }: DaemonSpec): object {
  const matchFields = [{ key: "metadata.name", operator: "In", values: [node] }];
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } };
  return { ...affinity, nodeAffinity: { ...affinity?.nodeAffinity, ...required } };
}

function tolerationsOf({ tolerations = [], hostNetwork }: DaemonSpec): readonly Toleration[] {
  const own = hostNetwork === true ? [...daemonTolerations, hostNetworkToleration] : daemonTolerations;
  return [...tolerations, ...own.filter((each) => !tolerations.some((given) => isEqual(given, each)))];
}

/** Where there should be a daemon, and where one that is there may stay. */
export function placeOf({ spec }: DaemonSet, node: Node): { readonly shouldRun: boolean; readonly mayStay: boolean } {
  const template = (spec.template.spec ?? {}) as DaemonSpec;
  const isElsewhere = Boolean(template.nodeName) && template.nodeName !== node.metadata.name;
  if (isElsewhere || !isSelectedNode(template, node)) return { shouldRun: false, mayStay: false };
  const tolerations = tolerationsOf(template);
  return {
    shouldRun: untolerated(node, tolerations, ["NoSchedule", "NoExecute"]) === undefined,
    mayStay: untolerated(node, tolerations, ["NoExecute"]) === undefined,
  };
}

/** The node that a pod runs on, or is meant for. */
export function nodeOf({ spec }: Pod): string | undefined {
  if (spec?.nodeName) return spec.nodeName;
  const terms = (spec as DaemonSpec | undefined)?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    ?.nodeSelectorTerms;
  return terms?.flatMap(({ matchFields = [] }) => matchFields).find(({ key }) => key === "metadata.name")?.values?.[0];
}

/** Made of the template as it is now. */
export function isUpdated({ metadata: { labels } }: Pod, set: DaemonSet, hash: string): boolean {
  const generation = set.metadata.annotations?.[generationAnnotation];
  return labels?.[revisionLabel] === hash || (generation !== undefined && labels?.[generationLabel] === generation);
}
