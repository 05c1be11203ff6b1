import { standardFinalizer } from "../../metadata.ts";
import { type FieldError, invalid } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { labelKey } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

export const namespace: KindRules = {
  defaults: (object) => {
    const labels = ((object["metadata"] as Fields)["labels"] ??= {}) as Fields;
    const { name } = object["metadata"];
    if (name) labels["kubernetes.io/metadata.name"] = name;
    // A phase that is not told is that of a namespace in use.
    if (object["status"] !== undefined) object["status"].phase ??= "Active";
  },
  validate: (object) => finalizersOf(object).flatMap((name) => validateFinalizer("spec.finalizers", name)),
  validateParts: {
    finalize: (object) => finalizersOf(object).flatMap((name, i) => validateFinalizer(`spec.finalizers[${i}]`, name)),
  },
  validateStatus: validatePhase,
};

function finalizersOf(object: KubeObject): readonly string[] {
  return (specOf(object)["finalizers"] ?? []) as readonly string[];
}

function validateFinalizer(field: string, name: string): readonly FieldError[] {
  return [...formatted(field, name, labelKey), ...standardFinalizer(field, name)];
}

function validatePhase(object: KubeObject): readonly FieldError[] {
  const { phase = "" } = (object["status"] ?? {}) as Fields;
  const isEnding = Boolean(object.metadata.deletionTimestamp);
  if (phase === (isEnding ? "Terminating" : "Active")) return [];
  const words = isEnding
    ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
    : "may only be 'Active' if `deletionTimestamp` is empty";
  return [invalid("status.Phase", phase, words)];
}
