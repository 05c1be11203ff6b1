import { internalDiff } from "../../go/internal.ts";
import { type FieldError, forbidden } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { validatePodOnly, validatePodSpec } from "./pod-spec.ts";
import { podDefaults } from "./pod-spec-defaults.ts";
import { validatePodStatus } from "./pod-status.ts";
import { podWarnings } from "./pod-warnings.ts";

export const pod: KindRules = {
  defaults: (object) => podDefaults((object["spec"] ??= {})),
  validate: (object) => [...validatePodSpec(specOf(object), "spec"), ...validatePodOnly(specOf(object), "spec")],
  validateUpdate: validatePodUpdate,
  validateStatus: validatePodStatus,
  // People write workloads: pods that change are no news to them.
  warnings: (object, old) => (old === undefined ? podWarnings(object) : []),
};

/** Of a running pod's spec only images, deadlines, tolerations (added) and gates may change. */
function validatePodUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const lengthOf = (each: KubeObject, list: string) => ((specOf(each)[list] ?? []) as Fields[]).length;
  const resized = ["containers", "initContainers"].filter((list) => lengthOf(object, list) !== lengthOf(old, list));
  if (resized.length > 0)
    return resized.map((list) => forbidden(`spec.${list}`, "pod updates may not add or remove containers"));
  const difference = internalDiff("core.PodSpec", specOf(old), withChangeable(specOf(object), specOf(old)));
  if (difference === "") return [];
  return [forbidden("spec", `${mayNotChange}\n${difference}`)];
}

const mayNotChange =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/** The next spec, with all that may change as it was. */
function withChangeable(spec: Fields, old: Fields): Fields {
  const kept = Object.fromEntries(
    [
      "activeDeadlineSeconds",
      "terminationGracePeriodSeconds",
      "tolerations",
      "schedulingGates",
      "ephemeralContainers",
    ].map((name) => [name, old[name]]),
  );
  const lists = ["containers", "initContainers"]
    .filter((list) => spec[list] !== undefined)
    .map((list) => {
      const images = ((old[list] ?? []) as Fields[]).map(({ image }) => image as unknown);
      return [list, (spec[list] as Fields[]).map((each, i) => ({ ...each, image: images[i] }))] as const;
    });
  return { ...spec, ...kept, ...Object.fromEntries(lists) };
}
