import { givenField } from "../../go/emptied.ts";
import { nanosOf, shownQuantity } from "../../go/quantity.ts";
import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import { itemsOf } from "../checks.ts";
import { type Fields, fill } from "../rules.ts";

const selectPolicies = ["Disabled", "Max", "Min"];
const policyTypes = ["Percent", "Pods"];
/** The longest window and period, in seconds: an hour, and half of one. */
const maxWindowSeconds = 3600;
const maxPeriodSeconds = 1800;

/** SetDefaults_HorizontalPodAutoscaler: where one direction is spoken of, both are filled. */
export function behaviorDefaults(behavior: Fields): void {
  fill(behavior, { scaleUp: {}, scaleDown: {} });
  fill(behavior["scaleUp"], { stabilizationWindowSeconds: 0, selectPolicy: "Max" });
  fill(behavior["scaleDown"], { selectPolicy: "Max" });
  const percent = { type: "Percent", value: 100, periodSeconds: 15 };
  const ofDirection = { scaleUp: [{ type: "Pods", value: 4, periodSeconds: 15 }, percent], scaleDown: [percent] };
  // A list that was given empty stays so, and is refused.
  for (const [direction, policies] of Object.entries(ofDirection))
    if (givenField(behavior[direction], "policies") === undefined) behavior[direction].policies = policies;
}

/** validateBehavior. */
export function validateBehavior(behavior: Fields): readonly FieldError[] {
  return ["scaleUp", "scaleDown"].flatMap((name) =>
    behavior[name] === undefined ? [] : validateRules(behavior[name], `spec.behavior.${name}`),
  );
}

function validateRules(rules: Fields, path: string): readonly FieldError[] {
  const { stabilizationWindowSeconds: window, selectPolicy } = rules;
  const policies = itemsOf(rules["policies"], `${path}.policies`);
  return [
    ...(window !== undefined && window < 0
      ? [invalid(`${path}.stabilizationWindowSeconds`, window, "must be greater than or equal to zero")]
      : []),
    ...(window > maxWindowSeconds
      ? [invalid(`${path}.stabilizationWindowSeconds`, window, `must be less than or equal to ${maxWindowSeconds}`)]
      : []),
    ...(selectPolicy === undefined || selectPolicies.includes(selectPolicy)
      ? []
      : [notSupported(`${path}.selectPolicy`, selectPolicy, selectPolicies)]),
    ...(policies.length === 0 ? [required(`${path}.policies`, "must specify at least one Policy")] : []),
    ...policies.flatMap(([policy, field]) => validatePolicy(policy, field)),
    ...(nanosOf(rules["tolerance"]) < 0n
      ? [invalid(`${path}.tolerance`, shownQuantity(rules["tolerance"]), "must be greater than or equal to 0")]
      : []),
  ];
}

function validatePolicy({ type = "", value = 0, periodSeconds = 0 }: Fields, path: string): readonly FieldError[] {
  return [
    ...(policyTypes.includes(type) ? [] : [notSupported(`${path}.type`, type, policyTypes)]),
    ...(value <= 0 ? [invalid(`${path}.value`, value, "must be greater than zero")] : []),
    ...(periodSeconds <= 0 ? [invalid(`${path}.periodSeconds`, periodSeconds, "must be greater than zero")] : []),
    ...(periodSeconds > maxPeriodSeconds
      ? [invalid(`${path}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`)]
      : []),
  ];
}
