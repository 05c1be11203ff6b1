import type { PodMetadata, PodSpec } from "./pod.ts";

export type Level = "privileged" | "baseline" | "restricted";

/** What a check says of one pod. */
export type CheckResult = { readonly allowed: true } | Violation;

export interface Violation {
  readonly allowed: false;
  /** Short, always shown. */
  readonly reason: string;
  /** Which containers, which values. */
  readonly detail: string;
  /** Where, for people and fixes: `spec.containers[0].securityContext.privileged`. */
  readonly fields: readonly string[];
}

export type CheckPod = (metadata: PodMetadata, spec: PodSpec) => CheckResult;

/** One rule of the standards. A later version of it is another function, the old one stays. */
export interface Check {
  readonly id: string;
  readonly level: "baseline" | "restricted";
  readonly versions: readonly {
    /** Minor of the first Kubernetes version with this behaviour. */
    readonly minor: number;
    readonly check: CheckPod;
    /** Baseline checks that this one makes superfluous. */
    readonly overrides?: readonly string[];
  }[];
}

export const allowed: CheckResult = { allowed: true };

/** Allowed when nothing was found. */
export function verdict(reason: string, detail: string, fields: readonly string[]): CheckResult {
  return fields.length === 0 ? allowed : { allowed: false, reason, detail, fields };
}
