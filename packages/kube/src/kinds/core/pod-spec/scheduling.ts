import { duplicate, type FieldError, invalid, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { labelValue, qualified } from "../../formats.ts";
import { validateLabelSelector } from "../../label-selector.ts";

const effects: readonly string[] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** ValidateTolerations. */
export function validateTolerations(tolerations: unknown, path: string): readonly FieldError[] {
  return itemsOf(tolerations, path).flatMap(([each, field]) => {
    const { key = "", operator = "", value = "", effect = "", tolerationSeconds } = each;
    const errors: FieldError[] = [];
    if (key !== "") errors.push(...formatted(`${field}.key`, key, qualified));
    else if (operator !== "Exists")
      errors.push(
        invalid(
          `${field}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (tolerationSeconds !== undefined && effect !== "NoExecute")
      errors.push(invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (operator === "Equal" || operator === "") errors.push(...formatted(`${field}.operator`, value, labelValue));
    else if (operator === "Exists") {
      if (value !== "")
        errors.push(invalid(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    } else errors.push(notSupported(`${field}.operator`, operator, ["Equal", "Exists"]));
    if (effect !== "" && !effects.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, effects));
    return errors;
  });
}

/** validateTopologySpreadConstraints. */
export function validateTopologySpread(constraints: unknown, path: string): readonly FieldError[] {
  const pairs = new Set<string>();
  const whens = ["DoNotSchedule", "ScheduleAnyway"];
  const policies = ["Honor", "Ignore"];
  return itemsOf(constraints, path).flatMap(([each, field]) => {
    const { maxSkew = 0, topologyKey = "", whenUnsatisfiable = "", minDomains } = each;
    const errors: FieldError[] = [];
    if (maxSkew <= 0) errors.push(invalid(`${field}.maxSkew`, maxSkew, "must be greater than zero"));
    if (topologyKey === "") errors.push(required(`${field}.topologyKey`, "can not be empty"));
    else errors.push(...formatted(`${field}.topologyKey`, topologyKey, qualified));
    if (!whens.includes(whenUnsatisfiable))
      errors.push(notSupported(`${field}.whenUnsatisfiable`, whenUnsatisfiable, whens));
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (pairs.has(pair)) errors.push(duplicate(`${field}.{topologyKey, whenUnsatisfiable}`, pair));
    pairs.add(pair);
    if (minDomains !== undefined) {
      if (minDomains <= 0) errors.push(invalid(`${field}.minDomains`, minDomains, "must be greater than zero"));
      if (whenUnsatisfiable !== "DoNotSchedule")
        errors.push(
          invalid(
            `${field}.minDomains`,
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
          ),
        );
    }
    for (const name of ["nodeAffinityPolicy", "nodeTaintsPolicy"])
      if (each[name] !== undefined && !policies.includes(each[name]))
        errors.push(notSupported(`${field}.${name}`, each[name], policies));
    return [...errors, ...validateLabelSelector(each["labelSelector"], `${field}.labelSelector`)];
  });
}

/** Gates have names of their own. */
export function validateGates(gates: unknown, path: string): readonly FieldError[] {
  const names = new Set<string>();
  return itemsOf(gates, path).flatMap(([{ name = "" }, field]) => {
    const isTaken = names.has(name);
    names.add(name);
    return [...formatted(field, name, qualified), ...(isTaken ? [duplicate(field, name)] : [])];
  });
}
