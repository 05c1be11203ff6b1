import { declared, duplicate, type FieldError, invalid, notSupported, required, tooLong, tooMany } from "../names.ts";
import { formatted, itemsOf } from "./checks.ts";
import { labelKey } from "./formats.ts";
import type { Fields } from "./rules.ts";

/** Upstream's limits, in bytes. */
const maxReasonLength = 1024;
const maxMessageLength = 32 * 1024;

/**
 * ValidateConditions of metav1. Kinds whose rules are declared beside their types also say how many there may be, and tell some
 * faults otherwise.
 */
export function validateConditions(conditions: unknown, path: string, declaredMax?: number): readonly FieldError[] {
  const items = itemsOf(conditions, path);
  const types = items.map(([each]) => each["type"] ?? "");
  const isDeclared = declaredMax !== undefined;
  return [
    ...(isDeclared && items.length > declaredMax ? [tooMany(path, items.length, declaredMax)] : []),
    ...items.flatMap(([each, at], i) => [
      ...(types.indexOf(types[i]) < i ? [duplicate(at, types[i])] : []),
      ...validateCondition(each, at, isDeclared),
    ]),
  ];
}

function validateCondition(condition: Fields, path: string, isDeclared: boolean): readonly FieldError[] {
  const { type = "", status = "", observedGeneration = 0, lastTransitionTime, message = "" } = condition;
  const words = ["False", "True", "Unknown"];
  const told = isDeclared ? declared : (errors: readonly FieldError[]) => errors;
  return [
    ...(type === "" ? [required(`${path}.type`)] : formatted(`${path}.type`, type, labelKey)),
    ...told(
      status === ""
        ? [required(`${path}.status`)]
        : words.includes(status)
          ? []
          : [notSupported(`${path}.status`, status, words)],
    ),
    ...(observedGeneration < 0
      ? told([
          invalid(
            `${path}.observedGeneration`,
            observedGeneration,
            `must be greater than or equal to ${isDeclared ? "0" : "zero"}`,
          ),
        ])
      : []),
    ...(lastTransitionTime ? [] : told([required(`${path}.lastTransitionTime`)])),
    ...validateReason(condition["reason"] ?? "", `${path}.reason`, told),
    ...(bytesOf(message) > maxMessageLength ? [tooLong(`${path}.message`, maxMessageLength)] : []),
  ];
}

function validateReason(
  reason: string,
  field: string,
  told: (errors: readonly FieldError[]) => readonly FieldError[],
): readonly FieldError[] {
  if (reason === "") return told([required(field)]);
  const pattern = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
  const advice = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${pattern}')`;
  return [
    ...(new RegExp(`^${pattern}$`).test(reason) ? [] : [invalid(field, reason, advice)]),
    ...(bytesOf(reason) > maxReasonLength ? told([tooLong(field, maxReasonLength)]) : []),
  ];
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
