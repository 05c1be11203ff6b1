import type { Labels } from "./label-selector-text.ts";
import { StatusError } from "./status.ts";

/** metav1.LabelSelector. */
export interface LabelSelectorObject {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/** The object form; absent selects nothing where upstream says so, which the caller decides; empty selects everything. */
export function matchesSelector(selector: LabelSelectorObject, labels: Labels): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every((each) => matchesExpression(each, labels));
}

interface Requirement {
  readonly operator: string;
  readonly values?: readonly string[];
}

function matchesExpression({ key, ...requirement }: Requirement & { readonly key: string }, labels: Labels): boolean {
  const isMet = meetsRequirement(requirement, labels[key]);
  if (isMet === undefined)
    throw new StatusError("BadRequest", `"${requirement.operator}" is not a valid label selector operator`);
  return isMet;
}

/** Whether a value, or none, is what a selector wants; undefined for an operator that label selectors do not have. */
export function meetsRequirement(
  { operator, values = [] }: Requirement,
  value: string | undefined,
): boolean | undefined {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return undefined;
  }
}
