import { type FieldError, forbidden, invalid, required } from "@sallyport/kube";

interface Requirement {
  readonly key?: string;
  readonly operator?: string;
  readonly values?: readonly string[];
}

/** authorization.k8s.io/v1 FieldSelectorAttributes and LabelSelectorAttributes. */
export interface SelectorAttributes {
  readonly rawSelector?: string;
  readonly requirements?: readonly Requirement[];
}

const emptyKey = [
  "name part must be non-empty",
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
];

/** What is wrong with a selector of a SubjectAccessReview. */
export function selectorErrors(
  kind: "fieldSelector" | "labelSelector",
  selector: SelectorAttributes | undefined,
): readonly FieldError[] {
  if (selector === undefined) return [];
  const base = `spec.resourceAttributes.${kind}`;
  const { rawSelector = "", requirements = [] } = selector;
  if (rawSelector === "" && requirements.length === 0)
    return [required(`${base}.requirements`, `when ${base} is specified, requirements or rawSelector is required`)];
  const both =
    rawSelector !== "" && requirements.length > 0
      ? [invalid(`${base}.rawSelector`, rawSelector, "may not specified at the same time as requirements")]
      : [];
  return [...both, ...requirements.flatMap((each, i) => requirementErrors(kind, `${base}.requirements[${i}]`, each))];
}

function requirementErrors(
  kind: string,
  path: string,
  { key = "", operator = "", values = [] }: Requirement,
): readonly FieldError[] {
  const named =
    key !== ""
      ? []
      : kind === "labelSelector"
        ? emptyKey.map((detail) => invalid(`${path}.key`, key, detail))
        : [required(`${path}.key`, "must be specified")];
  return [...named, ...valueErrors(path, operator, values)];
}

function valueErrors(path: string, operator: string, values: readonly string[]): readonly FieldError[] {
  if (operator === "In" || operator === "NotIn")
    return values.length > 0
      ? []
      : [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
  if (operator === "Exists" || operator === "DoesNotExist")
    return values.length === 0
      ? []
      : [forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
  // Unknown operators are let through: they only make an authorizer see less.
  return [];
}
