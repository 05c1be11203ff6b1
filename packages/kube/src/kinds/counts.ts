import { type FieldError, invalid } from "../names.ts";
import type { KubeObject } from "../object.ts";
import { nonnegative } from "./checks.ts";
import type { Fields } from "./rules.ts";

/** What the counts of a status must be to each other. */
export interface CountRules {
  /** Not below zero, looked at in this order. */
  readonly counts: readonly string[];
  /** No more than another one, with the words for that. */
  readonly within?: readonly (readonly [count: string, whole: string, words: string])[];
}

/** Of any sort of replicas, against all. */
export const notMore = "cannot be greater than status.replicas";

/** Replicas of a set: those that are of some sort are among all, and the available among the ready. */
export const replicaCounts: CountRules = {
  counts: [
    "replicas",
    "fullyLabeledReplicas",
    "readyReplicas",
    "availableReplicas",
    "observedGeneration",
    "terminatingReplicas",
  ],
  within: [
    ["fullyLabeledReplicas", "replicas", notMore],
    ["readyReplicas", "replicas", notMore],
    ["availableReplicas", "replicas", notMore],
    ["availableReplicas", "readyReplicas", "cannot be greater than readyReplicas"],
  ],
};

/** ValidateXStatus of workloads. */
export function validateCounts(object: KubeObject, { counts, within = [] }: CountRules): readonly FieldError[] {
  const status = (object["status"] ?? {}) as Fields;
  return [
    ...counts.flatMap((name) => nonnegative(`status.${name}`, status[name])),
    ...within
      .filter(([count, whole]) => (status[count] ?? 0) > (status[whole] ?? 0))
      .map(([count, , words]) => invalid(`status.${count}`, status[count] ?? 0, words)),
  ];
}

/** A count of collisions that only grows. */
export function collisionsGrow(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [now, before] = [object, old].map((each) => ((each["status"] ?? {}) as Fields)["collisionCount"]);
  return before !== undefined && (now ?? 0) < before
    ? [invalid("status.collisionCount", now ?? 0, "cannot be decremented")]
    : [];
}
