import { type Condition, findCondition, withCondition, withoutCondition } from "./conditions.ts";
import type { Deployment, DeploymentStatus, ReplicaSet } from "./deployment-objects.ts";
import { sum } from "./deployment-objects.ts";
import { availableOf, fencepostsOf, sizeOf } from "./deployment-sizes.ts";

/** A Deployment without a deadline says so with the largest number. */
const noDeadline = 2 ** 31 - 1;

/** The counts over all ReplicaSets, and whether enough pods are available. */
export function statusOf(
  deployment: Deployment,
  all: readonly ReplicaSet[],
  fresh: ReplicaSet | undefined,
  now: string,
): DeploymentStatus {
  const available = sum(all, availableOf);
  const counts = {
    replicas: sum(all, (each) => each.status?.replicas ?? 0),
    updatedReplicas: fresh?.status?.replicas ?? 0,
    readyReplicas: sum(all, (each) => each.status?.readyReplicas ?? 0),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(all, sizeOf) - available),
  };
  const terminating = terminatingOf(all);
  const { collisionCount, conditions } = deployment.status ?? {};
  return {
    ...(deployment.metadata.generation !== undefined && { observedGeneration: deployment.metadata.generation }),
    ...Object.fromEntries(Object.entries(counts).filter(([, value]) => value > 0)),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    ...(collisionCount !== undefined && { collisionCount }),
    conditions: put(conditions, availability(deployment, available), now),
  };
}

/** Unknown while a ReplicaSet that was looked at does not say how many of its pods are about to end. */
function terminatingOf(all: readonly ReplicaSet[]): number | undefined {
  const known = all.filter(({ status }) => status?.observedGeneration !== undefined);
  if (known.some(({ status }) => status?.terminatingReplicas === undefined)) return undefined;
  return sum(known, ({ status }) => status?.terminatingReplicas ?? 0);
}

function availability(deployment: Deployment, available: number): Condition {
  const needed = (deployment.spec.replicas ?? 1) - fencepostsOf(deployment).maxUnavailable;
  return available >= needed
    ? {
        type: "Available",
        status: "True",
        reason: "MinimumReplicasAvailable",
        message: "Deployment has minimum availability.",
      }
    : {
        type: "Available",
        status: "False",
        reason: "MinimumReplicasUnavailable",
        message: "Deployment does not have minimum availability.",
      };
}

/** Says how the rollout goes: done, under way, or without progress for too long. */
export function withProgress(
  status: DeploymentStatus,
  deployment: Deployment,
  all: readonly ReplicaSet[],
  fresh: ReplicaSet | undefined,
  nowMs: number,
  now: string,
): DeploymentStatus {
  if (!hasDeadline(deployment)) return { ...status, conditions: withoutCondition(status.conditions, "Progressing") };
  const subject =
    fresh === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${fresh.metadata.name}"`;
  const current = findCondition(status.conditions, "Progressing");
  const isOver =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === "NewReplicaSetAvailable";
  const progress = (condition: Omit<Condition, "type">) =>
    put(status.conditions, { type: "Progressing", ...condition }, now);
  let conditions = status.conditions;
  if (!isOver) {
    if (isComplete(deployment, status))
      conditions = progress({
        status: "True",
        reason: "NewReplicaSetAvailable",
        message: `${subject} has successfully progressed.`,
      });
    else if (isProgressing(deployment.status ?? {}, status))
      conditions = withCondition(
        status.conditions,
        {
          type: "Progressing",
          status: "True",
          reason: "ReplicaSetUpdated",
          message: `${subject} is progressing.`,
          lastUpdateTime: now,
        },
        now,
      );
    else if (deadlineIn(deployment, nowMs) <= 0)
      conditions = progress({
        status: "False",
        reason: "ProgressDeadlineExceeded",
        message: `${subject} has timed out progressing.`,
      });
  }
  return { ...status, conditions: withFailure(conditions, all, fresh, now) };
}

/** The oldest ReplicaSets' trouble is the Deployment's, the newest one's first. */
function withFailure(
  conditions: readonly Condition[] | undefined,
  all: readonly ReplicaSet[],
  fresh: ReplicaSet | undefined,
  now: string,
): readonly Condition[] {
  const failures = [...(fresh === undefined ? [] : [fresh]), ...all.filter((each) => each !== fresh)]
    .map((each) => findCondition(each.status?.conditions, "ReplicaFailure"))
    .filter((each): each is Condition => each !== undefined);
  const [failure] = failures;
  return failure === undefined ? withoutCondition(conditions, "ReplicaFailure") : put(conditions, failure, now);
}

export function hasDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== noDeadline;
}

/** Milliseconds until a rollout that does not move is given up; endless when none is under way. */
export function deadlineIn({ spec, status }: Deployment, nowMs: number): number {
  const current = findCondition(status?.conditions, "Progressing");
  if (current === undefined || current.reason === "NewReplicaSetAvailable" || spec.paused)
    return Number.POSITIVE_INFINITY;
  if (current.reason === "ProgressDeadlineExceeded") return 0;
  return Date.parse(current.lastUpdateTime ?? "") + (spec.progressDeadlineSeconds ?? 0) * 1000 - nowMs;
}

/** All pods are of the newest template and available. */
export function isComplete({ spec, metadata }: Deployment, status: DeploymentStatus): boolean {
  const replicas = spec.replicas ?? 1;
  const counts = [status.updatedReplicas, status.replicas, status.availableReplicas];
  return (
    counts.every((each) => (each ?? 0) === replicas) && (status.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  );
}

function isProgressing(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  const grew = (field: "updatedReplicas" | "readyReplicas" | "availableReplicas") =>
    (after[field] ?? 0) > (before[field] ?? 0);
  return grew("updatedReplicas") || old(after) < old(before) || grew("readyReplicas") || grew("availableReplicas");
}

/** A condition that says what it said before is left as it is. */
export function put(
  conditions: readonly Condition[] | undefined,
  condition: Condition,
  now: string,
): readonly Condition[] {
  const current = findCondition(conditions, condition.type);
  if (current?.status === condition.status && current.reason === condition.reason) return conditions ?? [];
  return withCondition(conditions, { ...condition, lastUpdateTime: now }, now);
}
