import { internalValue } from "../../go/internal.ts";
import { type FieldError, invalid, notSupported } from "../../names.ts";
import { atMost100Percent, intOrPercent, nonnegative } from "../checks.ts";
import { validateConditions } from "../conditions.ts";
import { validateLabelSelector } from "../label-selector.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

const counts = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];
const evictionPolicies = ["AlwaysAllow", "IfHealthyBudget"];

export const podDisruptionBudget: KindRules = {
  metadataLast: true,
  defaults: (object) => {
    object["spec"] ??= {};
  },
  validate: (object) => validateSpec(specOf(object)),
  validateStatus: (object) => {
    const status = (object["status"] ?? {}) as Fields;
    return [
      ...validateConditions(status["conditions"], "status.conditions"),
      ...counts.flatMap((name) => nonnegative(`status.${name}`, status[name])),
    ];
  },
};

function validateSpec(spec: Fields): readonly FieldError[] {
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  const share = (name: string) => [
    ...intOrPercent(`spec.${name}`, spec[name]),
    ...atMost100Percent(`spec.${name}`, spec[name]),
  ];
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [
          invalid(
            "spec",
            internalValue("policy.PodDisruptionBudgetSpec", spec),
            "minAvailable and maxUnavailable cannot be both set",
          ),
        ]
      : []),
    ...share("minAvailable"),
    ...share("maxUnavailable"),
    ...validateLabelSelector(spec["selector"], "spec.selector"),
    ...(policy === undefined || evictionPolicies.includes(policy)
      ? []
      : [notSupported("spec.unhealthyPodEvictionPolicy", policy, evictionPolicies)]),
  ];
}
