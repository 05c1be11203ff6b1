import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { labelKey, labelValue, qualified } from "../../formats.ts";
import { validateLabelSelector } from "../../label-selector.ts";
import type { Fields } from "../../rules.ts";

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
    errors.push(...validateOperator(operator, value, field));
    if (effect !== "" && !effects.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, effects));
    return errors;
  });
}

function validateOperator(operator: string, value: string, path: string): readonly FieldError[] {
  const field = `${path}.operator`;
  switch (operator) {
    case "":
    case "Equal": {
      const faults = labelValue(value);
      return faults.length === 0 ? [] : [invalid(field, value, faults.join(";"))];
    }
    case "Exists":
      return value === "" ? [] : [invalid(field, value, "value must be empty when `operator` is 'Exists'")];
    case "Lt":
    case "Gt":
      // Comparisons are behind a gate that is closed.
      return [notSupported(field, operator, ["Equal", "Exists", "Lt", "Gt"])];
    default:
      return [notSupported(field, operator, ["Equal", "Exists"])];
  }
}

/** validateTopologySpreadConstraints. */
export function validateTopologySpread(constraints: unknown, path: string): readonly FieldError[] {
  const all = itemsOf(constraints, path);
  return all.flatMap(([each, field], i) => {
    const { maxSkew = 0, topologyKey = "", whenUnsatisfiable: when = "" } = each;
    const isRepeated = all
      .slice(i + 1)
      .some(([other]) => (other["topologyKey"] ?? "") === topologyKey && (other["whenUnsatisfiable"] ?? "") === when);
    return [
      ...(maxSkew > 0 ? [] : [invalid(`${field}.maxSkew`, maxSkew, "must be greater than zero")]),
      ...(topologyKey === "" ? [required(`${field}.topologyKey`, "can not be empty")] : []),
      ...(whens.includes(when) ? [] : [notSupported(`${field}.whenUnsatisfiable`, when, whens)]),
      ...(isRepeated ? [duplicate(`${field}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${when}}`)] : []),
      ...validateMinDomains(each["minDomains"], when, `${field}.minDomains`),
      ...["nodeAffinityPolicy", "nodeTaintsPolicy"]
        .filter((name) => each[name] !== undefined && !policies.includes(each[name]))
        .map((name) => notSupported(`${field}.${name}`, each[name], policies)),
      ...validateLabelKeys(each, field),
      ...validateLabelSelector(each["labelSelector"], `${field}.labelSelector`),
    ];
  });
}

const whens: readonly string[] = ["DoNotSchedule", "ScheduleAnyway"];
const policies: readonly string[] = ["Honor", "Ignore"];

function validateMinDomains(count: number | undefined, when: string, field: string): readonly FieldError[] {
  if (count === undefined) return [];
  const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${when}`;
  return [
    ...(count > 0 ? [] : [invalid(field, count, "must be greater than zero")]),
    ...(when === "DoNotSchedule" ? [] : [invalid(field, count, why)]),
  ];
}

/** ValidateMatchLabelKeysAndMismatchLabelKeys: keys by which a selector is narrowed to pods like the one itself, or unlike it. */
export function validateLabelKeys(term: Fields, path: string): readonly FieldError[] {
  const { matchLabelKeys: matched = [], mismatchLabelKeys: mismatched = [], labelSelector: selector } = term;
  const keysOf = (list: readonly string[], field: string): readonly FieldError[] => {
    if (list.length === 0) return [];
    if (selector === undefined) return [forbidden(field, "must not be specified when labelSelector is not set")];
    return list.flatMap((key, i) => formatted(`${field}[${i}]`, key, labelKey));
  };
  return [
    ...keysOf(matched, `${path}.matchLabelKeys`),
    ...keysOf(mismatched, `${path}.mismatchLabelKeys`),
    ...selectedTwice(selector, matched, path),
    ...(matched as readonly string[]).flatMap((key, i) =>
      mismatched.includes(key)
        ? [invalid(`${path}.matchLabelKeys[${i}]`, key, "exists in both matchLabelKeys and mismatchLabelKeys")]
        : [],
    ),
  ];
}

/** Keys are in the selector already when it is looked at: once more, and the user has put them there. */
function selectedTwice(selector: Fields | undefined, keys: readonly string[], path: string): readonly FieldError[] {
  const seen = new Set(Object.keys(selector?.["matchLabels"] ?? {}));
  return ((selector?.["matchExpressions"] ?? []) as Fields[]).flatMap(({ key = "" }) => {
    const isTaken = seen.has(key);
    seen.add(key);
    return isTaken && keys.includes(key)
      ? [invalid(`${path}[${keys.lastIndexOf(key)}]`, key, "exists in both matchLabelKeys and labelSelector")]
      : [];
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
