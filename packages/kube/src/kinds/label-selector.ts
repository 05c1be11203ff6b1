import { type FieldError, forbidden, invalid, required } from "../names.ts";
import { matchesSelector } from "../selector.ts";
import { formatted, itemsOf } from "./checks.ts";
import { labelKey, labelValue } from "./formats.ts";
import type { Fields } from "./rules.ts";

const operators: readonly string[] = ["In", "NotIn", "Exists", "DoesNotExist"];

/** ValidateLabelSelector. `path` is where the selector lies; an absent one is right. */
export function validateLabelSelector(selector: Fields | undefined, path: string): readonly FieldError[] {
  if (selector === undefined) return [];
  return [
    ...validateLabels(selector["matchLabels"], `${path}.matchLabels`),
    ...itemsOf(selector["matchExpressions"], `${path}.matchExpressions`).flatMap(([each, field]) =>
      validateRequirement(each, field),
    ),
  ];
}

/** ValidateLabels. */
export function validateLabels(labels: Fields | undefined, path: string): readonly FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...formatted(path, key, labelKey),
    ...formatted(path, value, labelValue),
  ]);
}

function validateRequirement({ key = "", operator = "", values = [] }: Fields, path: string): readonly FieldError[] {
  return [
    ...operatorFaults(operator, values, path),
    ...formatted(`${path}.key`, key, labelKey),
    ...(values as string[]).flatMap((value, i) => formatted(`${path}.values[${i}]`, value, labelValue)),
  ];
}

function operatorFaults(operator: string, values: readonly string[], path: string): readonly FieldError[] {
  if (!operators.includes(operator)) return [invalid(`${path}.operator`, operator, "not a valid selector operator")];
  if (operator.endsWith("In") && values.length === 0)
    return [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
  if (!operator.endsWith("In") && values.length > 0)
    return [forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
  return [];
}

/** True for a selector that asks for nothing and so selects everything. */
export function isEmptySelector(selector: Fields): boolean {
  return Object.keys(selector["matchLabels"] ?? {}).length === 0 && (selector["matchExpressions"] ?? []).length === 0;
}

/** Whether labels match; undefined when the selector itself is wrong. */
export function selects(selector: Fields, labels: Fields): boolean | undefined {
  const isValid = validateLabelSelector(selector, "").length === 0;
  return isValid ? matchesSelector(selector, labels) : undefined;
}
