import { type Job, parseIndexes } from "./job-objects.ts";
import type { Pod } from "./pods.ts";

interface ExitCodes {
  readonly containerName?: string;
  readonly operator: string;
  readonly values: readonly number[];
}

/** What to do with pods that failed in some way; the first rule that matches counts. */
export interface FailureRule {
  readonly action: "Ignore" | "FailIndex" | "Count" | "FailJob";
  readonly onExitCodes?: ExitCodes;
  readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[];
}

/** What a Job's rules say of a pod that failed. */
export interface FailureMatch {
  /** Undefined where no rule matches: the pod counts. */
  readonly action?: FailureRule["action"];
  /** Why the whole Job fails. */
  readonly message?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly state?: { readonly terminated?: { readonly exitCode: number } };
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy */
export function matchFailurePolicy({ spec }: Job, pod: Pod): FailureMatch {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const what = rule.onExitCodes ? exitOf(pod, rule.onExitCodes) : conditionOf(pod, rule.onPodConditions ?? []);
    if (what === undefined) continue;
    if (rule.action !== "FailJob") return { action: rule.action };
    return { action: rule.action, message: `${what} matching FailJob rule at index ${index}` };
  }
  return {};
}

function exitOf(pod: Pod, { containerName, operator, values }: ExitCodes): string | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = (pod.status ?? {}) as {
    readonly [list: string]: readonly ContainerStatus[] | undefined;
  };
  const found = [...containerStatuses, ...initContainerStatuses].find(({ name, state }) => {
    const code = state?.terminated?.exitCode ?? 0;
    const isMeant = containerName === undefined || containerName === name;
    return isMeant && code !== 0 && values.includes(code) === (operator === "In");
  });
  if (found === undefined) return undefined;
  const { namespace, name } = pod.metadata;
  return `Container ${found.name} for pod ${namespace}/${name} failed with exit code ${found.state?.terminated?.exitCode}`;
}

function conditionOf(pod: Pod, patterns: NonNullable<FailureRule["onPodConditions"]>): string | undefined {
  const found = pod.status?.conditions?.find(({ type, status }) =>
    patterns.some((each) => each.type === type && (each.status ?? "True") === status),
  );
  return found && `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${found.type}`;
}

/** Why a Job has succeeded before all its indexes have; undefined when it has not. */
export function matchSuccessPolicy({ spec }: Job, succeeded: ReadonlySet<number>): string | undefined {
  if (succeeded.size === 0) return undefined;
  const index = (spec.successPolicy?.rules ?? []).findIndex((rule) => {
    const count = rule.succeededCount;
    if (rule.succeededIndexes === undefined) return count !== undefined && succeeded.size >= count;
    const wanted = [...parseIndexes(rule.succeededIndexes)].filter((each) => each < (spec.completions ?? 0));
    if (wanted.length === 0) return false;
    const done = wanted.filter((each) => succeeded.has(each)).length;
    return done === wanted.length || (count !== undefined && done >= count);
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
