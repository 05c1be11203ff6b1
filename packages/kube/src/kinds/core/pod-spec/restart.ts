import { type FieldError, notSupported, required, tooMany } from "../../../names.ts";
import { itemsOf } from "../../checks.ts";
import type { Fields } from "../../rules.ts";

const policies: readonly string[] = ["Always", "Never", "OnFailure"];
const actions: readonly string[] = ["Restart", "RestartAllContainers"];
const operators: readonly string[] = ["In", "NotIn"];

/** Upstream's limits of rules, and of exit codes of one. */
const [maxRules, maxExitCodes] = [20, 255];

/** validateContainerRestartPolicy: a policy of a container's own, and its rules. */
export function validateRestart(container: Fields, path: string): readonly FieldError[] {
  const { restartPolicy: policy } = container;
  const field = `${path}.restartPolicyRules`;
  const rules = itemsOf(container["restartPolicyRules"], field);
  return [
    ...(policy === undefined
      ? unpolicied(rules.length, path)
      : policies.includes(policy)
        ? []
        : [notSupported(`${path}.restartPolicy`, policy, policies)]),
    ...(rules.length > maxRules ? [tooMany(field, rules.length, maxRules)] : []),
    ...rules.flatMap(([rule, place]) => validateRule(rule, place)),
  ];
}

/** The same of an init container, whose rules are not looked at while it has no policy. */
export function validateInitRestart(container: Fields, path: string): readonly FieldError[] {
  if (container["restartPolicy"] !== undefined) return validateRestart(container, path);
  return unpolicied((container["restartPolicyRules"] ?? []).length, path);
}

function unpolicied(rules: number, path: string): readonly FieldError[] {
  return rules === 0
    ? []
    : [required(`${path}.restartPolicy`, "must specify restartPolicy when restart rules are used")];
}

function validateRule({ action = "", exitCodes }: Fields, path: string): readonly FieldError[] {
  const wrong = actions.includes(action) ? [] : [notSupported(`${path}.action`, action, actions)];
  if (exitCodes === undefined) return [...wrong, required(`${path}.exitCodes`, "must be specified")];
  const { operator = "", values = [] } = exitCodes as Fields;
  return [
    ...wrong,
    ...(operators.includes(operator) ? [] : [notSupported(`${path}.exitCodes.operator`, operator, operators)]),
    ...(values.length > maxExitCodes ? [tooMany(`${path}.exitCodes.values`, values.length, maxExitCodes)] : []),
  ];
}
