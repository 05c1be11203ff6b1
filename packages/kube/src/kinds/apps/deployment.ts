import { internalValue } from "../../go/internal.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import { atMost100Percent, intOrPercent, percentOf } from "../checks.ts";
import { type CountRules, collisionsGrow, notMore, validateCounts } from "../counts.ts";
import { type Fields, fill, immutable, type KindRules, specOf } from "../rules.ts";
import { workloadWarnings } from "../workload-warnings.ts";
import {
  nonnegatives,
  validateLastingTemplate,
  validateWorkloadSelector,
  workloadTemplateDefaults,
} from "./workload.ts";

const words = { empty: "empty selector is invalid for deployment", invalid: "invalid label selector" };

export const deployment: KindRules = {
  warnings: workloadWarnings({ namesPods: true }),
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { replicas: 1, strategy: {}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    fill(spec["strategy"], { type: "RollingUpdate" });
    if (spec["strategy"].type === "RollingUpdate")
      fill((spec["strategy"].rollingUpdate ??= {}), { maxUnavailable: "25%", maxSurge: "25%" });
    workloadTemplateDefaults(spec);
  },
  validate: (object) => validateSpec(specOf(object)),
  validateUpdate: (object, old) => immutable(object, old, ["spec.selector"]),
  validateStatus: (object, old) => [...validateCounts(object, counts), ...collisionsGrow(object, old)],
};

const counts: CountRules = {
  counts: [
    "observedGeneration",
    "replicas",
    "updatedReplicas",
    "readyReplicas",
    "availableReplicas",
    "unavailableReplicas",
    "terminatingReplicas",
    "collisionCount",
  ],
  within: [
    ["updatedReplicas", "replicas", notMore],
    ["readyReplicas", "replicas", notMore],
    ["availableReplicas", "replicas", notMore],
    ["availableReplicas", "readyReplicas", "cannot be greater than readyReplicas"],
  ],
};

function validateSpec(spec: Fields): readonly FieldError[] {
  const { selector, strategy = {}, minReadySeconds = 0, progressDeadlineSeconds: deadline } = spec;
  return [
    ...nonnegatives(spec, "spec", ["replicas"]),
    ...validateWorkloadSelector(selector, words),
    ...validateLastingTemplate(spec, "ReplicaSet", words),
    ...validateStrategy(strategy),
    ...nonnegatives(spec, "spec", ["minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"]),
    ...(deadline !== undefined && deadline <= minReadySeconds
      ? [invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")]
      : []),
  ];
}

function validateStrategy({ type = "", rollingUpdate }: Fields): readonly FieldError[] {
  const path = "spec.strategy.rollingUpdate";
  switch (type) {
    case "Recreate":
      return rollingUpdate === undefined
        ? []
        : [forbidden(path, "may not be specified when strategy `type` is 'Recreate'")];
    case "RollingUpdate":
      return rollingUpdate === undefined
        ? [required(path, "this should be defaulted and never be nil")]
        : validateRollingUpdate(rollingUpdate, path);
    default:
      return [
        notSupported("spec.strategy", internalValue("apps.DeploymentStrategy", { type, rollingUpdate }), [
          "Recreate",
          "RollingUpdate",
        ]),
      ];
  }
}

function validateRollingUpdate({ maxUnavailable, maxSurge }: Fields, path: string): readonly FieldError[] {
  return [
    ...intOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...intOrPercent(`${path}.maxSurge`, maxSurge),
    ...(isNone(maxUnavailable) && isNone(maxSurge)
      ? [invalid(`${path}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0")]
      : []),
    ...atMost100Percent(`${path}.maxUnavailable`, maxUnavailable),
  ];
}

/** 0, 0%, and what is no percentage at all: all count as none. */
export function isNone(value: unknown): boolean {
  return typeof value === "string" ? (percentOf(value) ?? 0) === 0 : value === 0;
}
