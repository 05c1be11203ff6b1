import { givenField } from "../../go/emptied.ts";
import { internalValue } from "../../go/internal.ts";
import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { atMost100Percent, intOrPercent } from "../checks.ts";
import { type CountRules, collisionsGrow, validateCounts } from "../counts.ts";
import { selects, validateLabelSelector } from "../label-selector.ts";
import { type Fields, fill, immutable, type KindRules, specOf } from "../rules.ts";
import { workloadWarnings } from "../workload-warnings.ts";
import { isNone } from "./deployment.ts";
import { nonnegatives, onlyAlways, validateTemplate, workloadTemplateDefaults } from "./workload.ts";

export const daemonSet: KindRules = {
  warnings: workloadWarnings({ isChanged: isOtherTemplate }),
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { updateStrategy: {}, revisionHistoryLimit: 10 });
    fill(spec["updateStrategy"], { type: "RollingUpdate" });
    if (spec["updateStrategy"].type === "RollingUpdate")
      fill((spec["updateStrategy"].rollingUpdate ??= {}), { maxUnavailable: 1, maxSurge: 0 });
    // The internal type always has both.
    else if (spec["updateStrategy"].rollingUpdate !== undefined)
      fill(spec["updateStrategy"].rollingUpdate, { maxUnavailable: 0, maxSurge: 0 });
    workloadTemplateDefaults(spec);
    // Of a field of the internal type, which is 0 until the server counts.
    (object["metadata"].annotations ??= {})[generation] ??= "0";
  },
  validate: (object) => validateSpec(specOf(object)),
  validateReplacement: (object, old) => [...immutable(object, old, ["spec.selector"]), ...validateSpec(specOf(object))],
  validateStatus: (object, old) => [...validateCounts(object, counts), ...collisionsGrow(object, old)],
};

const generation = "deprecated.daemonset.template.generation";

/** The server counts templates. */
function isOtherTemplate(object: KubeObject, old: KubeObject): boolean {
  return object.metadata.annotations?.[generation] !== old.metadata.annotations?.[generation];
}

const counts: CountRules = {
  counts: [
    "currentNumberScheduled",
    "numberMisscheduled",
    "desiredNumberScheduled",
    "numberReady",
    "observedGeneration",
    "updatedNumberScheduled",
    "numberAvailable",
    "numberUnavailable",
    "collisionCount",
  ],
};

function validateSpec(spec: Fields): readonly FieldError[] {
  const { selector = {}, template = {}, updateStrategy = {} } = spec;
  const labels = givenField((template.metadata ?? {}) as Fields, "labels") as Fields | undefined;
  const isEmpty =
    Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
  return [
    ...validateLabelSelector(spec["selector"], "spec.selector"),
    ...(spec["selector"] === undefined || selects(selector, labels ?? {}) === false
      ? [invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")]
      : []),
    ...(spec["selector"] !== undefined && isEmpty
      ? [invalid("spec.selector", selector, "empty selector is invalid for daemonset")]
      : []),
    ...validateTemplate(template, "spec.template"),
    ...onlyAlways(template, "DaemonSet"),
    ...nonnegatives(spec, "spec", ["minReadySeconds"]),
    ...validateUpdateStrategy(updateStrategy),
    ...nonnegatives(spec, "spec", ["revisionHistoryLimit"]),
  ];
}

function validateUpdateStrategy({ type = "", rollingUpdate }: Fields): readonly FieldError[] {
  const path = "spec.updateStrategy.rollingUpdate";
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate") {
    const shown = internalValue("apps.DaemonSetUpdateStrategy", { type, rollingUpdate });
    return [notSupported("spec.updateStrategy", shown, ["RollingUpdate", "OnDelete"])];
  }
  return rollingUpdate === undefined ? [required(path)] : validateRollingUpdate(rollingUpdate, path);
}

function validateRollingUpdate({ maxUnavailable, maxSurge }: Fields, path: string): readonly FieldError[] {
  return [
    ...intOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...intOrPercent(`${path}.maxSurge`, maxSurge),
    ...atMost100Percent(`${path}.maxUnavailable`, maxUnavailable),
    ...atMost100Percent(`${path}.maxSurge`, maxSurge),
    ...(isNone(maxUnavailable) && isNone(maxSurge)
      ? [required(`${path}.maxUnavailable`, "cannot be 0 when maxSurge is 0")]
      : []),
    ...(!isNone(maxUnavailable) && !isNone(maxSurge)
      ? [invalid(`${path}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero")]
      : []),
  ];
}
