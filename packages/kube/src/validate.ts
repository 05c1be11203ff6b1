import { rulesOf } from "./defaults.ts";
import { type FieldError, validateMetadata } from "./names.ts";
import type { KubeObject } from "./object.ts";

/** What kube-apiserver would refuse, for the kinds that are written in `kinds/`; names, labels and annotations for all. */
export function validateObject(object: KubeObject): readonly FieldError[] {
  return [...validateMetadata(object), ...(rulesOf(object)?.validate?.(object) ?? [])];
}

/** What may not change from one version of an object to the next. */
export function validateUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  return rulesOf(object)?.validateUpdate?.(object, old) ?? [];
}
