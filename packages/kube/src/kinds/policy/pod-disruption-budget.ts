import { internalValue } from "../../go/internal.ts";
import { type FieldError, invalid, notSupported } from "../../names.ts";
import { atMost100Percent, intOrPercent } from "../checks.ts";
import { validateLabelSelector } from "../label-selector.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

const evictionPolicies = ["AlwaysAllow", "IfHealthyBudget"];

export const podDisruptionBudget: KindRules = {
  defaults: (object) => {
    object["spec"] ??= {};
  },
  validate: (object) => validateSpec(specOf(object)),
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
