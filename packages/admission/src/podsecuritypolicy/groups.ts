import type { FieldError } from "@sallyport/kube";
import { goList, invalidValue, isInRanges, rangesText, type StrategyOptions } from "./policy.ts";

/** Why a policy with these options can be asked nothing; undefined when it can. `name` is the strategy's: `FSGroup`. */
export function groupFault(options: StrategyOptions | undefined, name: string): string | undefined {
  if (options === undefined || options.rule === "RunAsAny") return undefined;
  const { rule, ranges = [] } = options;
  if (rule !== "MustRunAs" && rule !== "MayRunAs") return `Unrecognized ${name} strategy type ${rule}`;
  return ranges.length === 0 ? `ranges must be supplied for ${rule}` : undefined;
}

/** The group where none is named. */
export function defaultGroup(options: StrategyOptions | undefined): number | undefined {
  return options?.rule === "MustRunAs" ? options.ranges?.[0]?.min : undefined;
}

export function validateGroups(
  options: StrategyOptions | undefined,
  groups: readonly number[] | undefined,
  path: string,
): readonly FieldError[] {
  if (options === undefined || options.rule === "RunAsAny") return [];
  const { rule, ranges = [] } = options;
  const given = groups ?? [];
  const value = goList("int64", given);
  const missing =
    rule === "MustRunAs" && given.length === 0
      ? [invalidValue(path, value, "unable to validate empty groups against required ranges")]
      : [];
  const outside = given
    .filter((group) => !isInRanges(group, ranges))
    .map((group) => invalidValue(path, value, `group ${group} must be in the ranges: ${rangesText(ranges)}`));
  return [...missing, ...outside];
}
