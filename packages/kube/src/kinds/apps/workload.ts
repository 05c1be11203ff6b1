import { type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { validatePodSpec } from "../core/pod-spec.ts";
import type { Fields } from "../rules.ts";

/** What all kinds with a selector and a template share. */
export function validateWorkload(object: KubeObject): readonly FieldError[] {
  const spec = (object["spec"] ?? {}) as Fields;
  const errors: FieldError[] = [];
  const wanted = (spec["selector"]?.matchLabels ?? {}) as Fields;
  if (spec["selector"] === undefined) errors.push(required("spec.selector"));
  const labels = (spec["template"]?.metadata?.labels ?? {}) as Fields;
  if (Object.entries(wanted).some(([key, value]) => labels[key] !== value)) {
    errors.push(invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
  }
  return [...errors, ...validatePodSpec((spec["template"]?.spec ?? {}) as Fields, "spec.template.spec")];
}
