import { declared, duplicate, type FieldError, invalid, notSupported, required, tooLong, tooMany } from "../names.ts";
import { formatted, itemsOf } from "./checks.ts";
import { labelKey } from "./formats.ts";
import type { Fields } from "./rules.ts";

const maxReasonLength = 1024;
const maxMessageLength = 32 * 1024;

/** ValidateConditions of metav1, and how many there may be. */
export function validateConditions(conditions: unknown, path: string, max: number): readonly FieldError[] {
  const items = itemsOf(conditions, path);
  const types = items.map(([each]) => each["type"] ?? "");
  return [
    ...(items.length > max ? [tooMany(path, items.length, max)] : []),
    ...items.flatMap(([each, at], i) => [
      ...(types.indexOf(types[i]) < i ? [duplicate(at, types[i])] : []),
      ...validateCondition(each, at),
    ]),
  ];
}

function validateCondition(condition: Fields, path: string): readonly FieldError[] {
  const { type = "", status = "", observedGeneration = 0, lastTransitionTime, message = "" } = condition;
  const words = ["False", "True", "Unknown"];
  return [
    ...(type === "" ? [required(`${path}.type`)] : formatted(`${path}.type`, type, labelKey)),
    ...declared(
      status === ""
        ? [required(`${path}.status`)]
        : words.includes(status)
          ? []
          : [notSupported(`${path}.status`, status, words)],
    ),
    ...(observedGeneration < 0
      ? declared([invalid(`${path}.observedGeneration`, observedGeneration, "must be greater than or equal to 0")])
      : []),
    ...(lastTransitionTime ? [] : declared([required(`${path}.lastTransitionTime`)])),
    ...validateReason(condition["reason"] ?? "", `${path}.reason`),
    ...(message.length > maxMessageLength ? [tooLong(`${path}.message`, maxMessageLength)] : []),
  ];
}

function validateReason(reason: string, field: string): readonly FieldError[] {
  if (reason === "") return declared([required(field)]);
  const pattern = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
  const advice = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${pattern}')`;
  return [
    ...(new RegExp(`^${pattern}$`).test(reason) ? [] : [invalid(field, reason, advice)]),
    ...(reason.length > maxReasonLength ? declared([tooLong(field, maxReasonLength)]) : []),
  ];
}
