import { type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { templateWarnings } from "../core/pod-warnings.ts";
import { selects, validateLabelSelector } from "../label-selector.ts";
import { type Fields, immutable, type KindRules, specOf } from "../rules.ts";
import { fixedFields, fixedTypes, jobSpecDefaults, validateJobSpec } from "./job-spec.ts";
import { validateJobStatus } from "./job-status.ts";

export const job: KindRules = {
  warnings: (object) => templateWarnings(specOf(object)["template"], "spec.template"),
  defaults: (object) => {
    jobSpecDefaults((object["spec"] ??= {}));
    object["spec"].manualSelector ??= false;
    const labels = object["spec"].template.metadata?.labels as Fields | undefined;
    if (
      labels !== undefined &&
      Object.keys(labels).length > 0 &&
      Object.keys(object["metadata"].labels ?? {}).length === 0
    )
      object["metadata"].labels = { ...labels };
  },
  validate: (object) => validateJob(specOf(object)),
  validateUpdate: validateJobUpdate,
  validateStatus: validateJobStatus,
};

/** What never changes; of an Indexed job completions may, together with its parallelism. */
function validateJobUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const { completions, parallelism, completionMode } = specOf(object);
  const errors = immutable(object, old, fixedFields, fixedTypes);
  if (completionMode !== "Indexed") return errors;
  const isInTandem = completions === undefined || completions === parallelism;
  const words = "can only be modified in tandem with spec.parallelism";
  return errors.flatMap((error) => {
    if (error.field !== "spec.completions") return [error];
    return isInTandem ? [] : [invalid(error.field, completions, words)];
  });
}

function validateJob(spec: Fields): readonly FieldError[] {
  const { selector, template = {} } = spec;
  const labels = template.metadata?.labels as Fields | undefined;
  return [
    ...validateJobSpec(spec, "spec"),
    ...(selector === undefined ? [required("spec.selector")] : validateLabelSelector(selector, "spec.selector")),
    ...(selector === undefined || selects(selector, labels ?? {}) === false
      ? [invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")]
      : []),
  ];
}
