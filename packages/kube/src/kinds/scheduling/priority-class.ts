import { systemPriorityClasses } from "../../bootstrap.ts";
import { type FieldError, forbidden, invalid } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { oneOf } from "../checks.ts";
import { fill, type KindRules } from "../rules.ts";

/** Higher values are the system's own. */
const maxValue = 1_000_000_000;
const preemption = ["PreemptLowerPriority", "Never"];

export const priorityClass: KindRules = {
  defaults: (object) => fill(object, { preemptionPolicy: "PreemptLowerPriority" }),
  validate,
  validateUpdate: (object, old) => [
    ...((object["value"] ?? 0) === (old["value"] ?? 0) ? [] : [forbidden("value", "may not be changed in an update.")]),
    ...(object["preemptionPolicy"] === old["preemptionPolicy"]
      ? []
      : [invalid("preemptionPolicy", object["preemptionPolicy"], "field is immutable")]),
  ],
};

/** A class of the system is as the system makes it. */
function systemFaults(object: KubeObject, name: string): readonly FieldError[] {
  const known = systemPriorityClasses.find(({ metadata }) => metadata.name === name);
  const fault =
    known === undefined
      ? `${name} is not a known system priority class`
      : (object["value"] ?? 0) !== known["value"]
        ? `value of ${name} PriorityClass must be ${known["value"]}`
        : object["globalDefault"] === true
          ? `globalDefault of ${name} PriorityClass must be false`
          : undefined;
  const reserved = "priority class names with 'system-' prefix are reserved for system use only. error: ";
  return fault === undefined ? [] : [forbidden("metadata.name", reserved + fault)];
}

function validate(object: KubeObject): readonly FieldError[] {
  const name = object.metadata.name ?? "";
  const value = (object["value"] ?? 0) as number;
  const policy = object["preemptionPolicy"] as string | undefined;
  return [
    ...(name.startsWith("system-")
      ? systemFaults(object, name)
      : value > maxValue
        ? [forbidden("value", `maximum allowed value of a user defined priority is ${maxValue}`)]
        : []),
    ...(policy === undefined ? [] : oneOf("preemptionPolicy", policy, preemption)),
  ];
}
