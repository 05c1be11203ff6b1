import { type FieldError, forbidden } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { type KindRules, specOf } from "../rules.ts";
import { validatePodAnnotations, validateProfilesMatch } from "./pod-annotations.ts";
import { validatePodResize } from "./pod-resize.ts";
import { validatePodOnly, validatePodSpec } from "./pod-spec.ts";
import { podDefaults, podStatusDefaults } from "./pod-spec-defaults.ts";
import { validatePodStatus } from "./pod-status.ts";
import { validateEphemeralUpdate, validatePodUpdate } from "./pod-update.ts";
import { podWarnings } from "./pod-warnings.ts";

export const pod: KindRules = {
  defaults: (object) => {
    podDefaults((object["spec"] ??= {}));
    podStatusDefaults(object["status"]);
  },
  validate: (object) => [...validatePod(object), ...validateNewPod(object)],
  validateReplacement: (object, old) => [...validatePod(object), ...validatePodUpdate(object, old)],
  validateParts: {
    ephemeralcontainers: (object, old) => [...validatePod(object), ...validateEphemeralUpdate(object, old)],
    resize: (object, old) => [...validatePod(object), ...validatePodResize(object, old)],
  },
  validateStatus: validatePodStatus,
  // People write workloads: pods that change are no news to them.
  warnings: (object, old) => (old === undefined ? podWarnings(object) : []),
};

/** validatePodMetadataAndSpec. */
function validatePod(object: KubeObject): readonly FieldError[] {
  const annotations = object.metadata.annotations ?? {};
  return [
    ...validatePodAnnotations(annotations, specOf(object), "metadata.annotations"),
    ...validatePodSpec(specOf(object), "spec", annotations),
    ...validatePodOnly(specOf(object), "spec"),
  ];
}

function validateNewPod(object: KubeObject): readonly FieldError[] {
  const spec = specOf(object);
  return [
    ...((spec["ephemeralContainers"] ?? []).length > 0
      ? [forbidden("spec.ephemeralContainers", "cannot be set on create")]
      : []),
    ...(spec["nodeName"] && (spec["schedulingGates"] ?? []).length > 0
      ? [forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")]
      : []),
    ...validateProfilesMatch(object.metadata.annotations ?? {}, spec, "spec"),
  ];
}
