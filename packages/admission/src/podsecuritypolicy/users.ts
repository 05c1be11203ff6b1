import { type FieldError, required } from "@sallyport/kube";
import type { Effective } from "./pod.ts";
import { invalidValue, isInRanges, rangesText, type StrategyOptions } from "./policy.ts";

/** Why a policy with these options can be asked nothing; undefined when it can. */
export function userFault({ rule, ranges = [] }: StrategyOptions): string | undefined {
  if (rule === "MustRunAs") return ranges.length === 0 ? "MustRunAs requires at least one range" : undefined;
  if (rule === "MustRunAsNonRoot" || rule === "RunAsAny") return undefined;
  return `Unrecognized RunAsUser strategy type ${rule}`;
}

/** The user of a container that names none. */
export function defaultUser({ rule, ranges = [] }: StrategyOptions): number | undefined {
  return rule === "MustRunAs" ? ranges[0]?.min : undefined;
}

export function validateUser(
  { rule, ranges = [] }: StrategyOptions,
  { runAsUser, runAsNonRoot }: Effective,
  path: string,
): readonly FieldError[] {
  if (rule === "MustRunAs") {
    if (runAsUser === undefined) return [required(`${path}.runAsUser`)];
    const detail = `must be in the ranges: ${rangesText(ranges)}`;
    return isInRanges(runAsUser, ranges) ? [] : [invalidValue(`${path}.runAsUser`, String(runAsUser), detail)];
  }
  if (rule !== "MustRunAsNonRoot") return [];
  if (runAsNonRoot === undefined && runAsUser === undefined) return [required(`${path}.runAsNonRoot`, "must be true")];
  if (runAsNonRoot === false) return [invalidValue(`${path}.runAsNonRoot`, "false", "must be true")];
  return runAsUser === 0 ? [invalidValue(`${path}.runAsUser`, "0", "running with the root UID is forbidden")] : [];
}
