import type { KubeObject, LabelSelectorObject } from "@sallyport/kube";
import { type Condition, findCondition } from "./conditions.ts";
import type { FailureRule } from "./job-policies.ts";
import { type Pod, type PodTemplate, podOf } from "./pods.ts";

/** Holds a pod until it is counted in the status of its Job. */
export const trackingFinalizer = "batch.kubernetes.io/job-tracking";

const indexName = "batch.kubernetes.io/job-completion-index";
const failureCountName = "batch.kubernetes.io/job-index-failure-count";
const ignoredCountName = "batch.kubernetes.io/job-index-ignored-failure-count";

/** What `spec.managedBy` says when it is this controller. */
const ownManager = "kubernetes.io/job-controller";

/** What the controller reads of a Job. */
export interface Job extends KubeObject {
  readonly spec: {
    readonly parallelism?: number;
    readonly completions?: number;
    readonly backoffLimit?: number;
    readonly activeDeadlineSeconds?: number;
    readonly ttlSecondsAfterFinished?: number;
    readonly completionMode?: string;
    readonly suspend?: boolean;
    readonly selector?: LabelSelectorObject;
    readonly template: PodTemplate;
    readonly backoffLimitPerIndex?: number;
    readonly maxFailedIndexes?: number;
    readonly podReplacementPolicy?: string;
    readonly podFailurePolicy?: { readonly rules?: readonly FailureRule[] };
    readonly successPolicy?: {
      readonly rules?: readonly { readonly succeededIndexes?: string; readonly succeededCount?: number }[];
    };
    readonly managedBy?: string;
  };
  readonly status?: JobStatus;
}

export interface JobStatus {
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly active?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly ready?: number;
  readonly terminating?: number;
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
  /** Pods that are done and not yet in the counts: they are counted when their finalizer is off. */
  readonly uncountedTerminatedPods?: { readonly succeeded?: readonly string[]; readonly failed?: readonly string[] };
  readonly conditions?: readonly Condition[];
}

/** The condition by which a Job is over. */
export function endOf({ status }: Job): Condition | undefined {
  return ["Complete", "Failed"]
    .map((type) => findCondition(status?.conditions, type))
    .find((each) => each?.status === "True");
}

/** True where somebody else makes the pods. */
export function isForeign({ spec }: Job): boolean {
  return spec.managedBy !== undefined && spec.managedBy !== ownManager;
}

/** A pod that failed, or is being deleted and need not have ended before it is replaced. */
export function hasFailed(pod: Pod, { spec }: Job): boolean {
  if (pod.status?.phase === "Failed") return true;
  return (
    spec.podReplacementPolicy !== "Failed" &&
    Boolean(pod.metadata.deletionTimestamp) &&
    pod.status?.phase !== "Succeeded"
  );
}

/** How often an index has failed before this pod: what counts, and what a rule ignores. */
export interface IndexFailures {
  readonly counted: number;
  readonly ignored: number;
}

export function failuresOf({ metadata }: Pod): IndexFailures {
  const countOf = (name: string) => Number(metadata.annotations?.[name] ?? 0) || 0;
  return { counted: countOf(failureCountName), ignored: countOf(ignoredCountName) };
}

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === "Indexed";
}

/** A pod of a Job; `index` for those that have one, `failures` where a limit for each index counts them. */
export function jobPod(job: Job, index: number | undefined, failures?: IndexFailures): Pod {
  const pod = podOf(job.spec.template, job);
  const finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer];
  if (index === undefined) return { ...pod, metadata: { ...pod.metadata, finalizers } };
  const mark = { [indexName]: String(index) };
  const counts = failures && {
    [failureCountName]: String(failures.counted),
    ...(failures.ignored > 0 && { [ignoredCountName]: String(failures.ignored) }),
  };
  const name = `${job.metadata.name}-${index}`;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${name}-`,
      finalizers,
      labels: { ...pod.metadata.labels, ...mark },
      annotations: { ...pod.metadata.annotations, ...mark, ...counts },
    },
    spec: { ...withIndexVariable(pod.spec ?? {}), hostname: name },
  };
}

type Containers = readonly { readonly env?: readonly object[] }[];

function withIndexVariable(spec: { readonly [field: string]: unknown }): { readonly [field: string]: unknown } {
  const fieldPath = `metadata.labels['${indexName}']`;
  const variable = { name: "JOB_COMPLETION_INDEX", valueFrom: { fieldRef: { fieldPath } } };
  const lists = ["containers", "initContainers"].filter((field) => spec[field] !== undefined);
  return {
    ...spec,
    ...Object.fromEntries(
      lists.map((field) => [
        field,
        (spec[field] as Containers).map((each) => ({ ...each, env: [...(each.env ?? []), variable] })),
      ]),
    ),
  };
}

/** The index of a pod of an Indexed Job. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexName];
  return text === undefined ? undefined : Number(text);
}

/** `0,2-4` as numbers. */
export function parseIndexes(text = ""): ReadonlySet<number> {
  const indexes = new Set<number>();
  for (const part of text.split(",").filter(Boolean)) {
    const [from = 0, to = from] = part.split("-").map(Number);
    for (let index = from; index <= to; index++) indexes.add(index);
  }
  return indexes;
}

/** Numbers as `0,2-4`: three and more in a row are a range, and so are two. */
export function formatIndexes(indexes: Iterable<number>): string {
  const ranges: [from: number, to: number][] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges
    .map(([from, to]) => (from === to ? String(from) : from + 1 === to ? `${from},${to}` : `${from}-${to}`))
    .join(",");
}

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(trackingFinalizer) === true;
}
