import { declared, type FieldError, invalid, required } from "../../names.ts";
import { itemsOf } from "../checks.ts";
import { validateLabelSelector } from "../label-selector.ts";
import type { Fields, KindRules } from "../rules.ts";

export const role: KindRules = {
  validate: (object) => [...validateRules(object["rules"], true), ...declared(validateVerbs(object["rules"]))],
};

export const clusterRole: KindRules = {
  validate: (object) => [
    ...validateRules(object["rules"], false),
    ...validateAggregation(object["aggregationRule"] as Fields | undefined),
    ...declared(validateVerbs(object["rules"])),
  ],
};

function validateRules(rules: unknown, isNamespaced: boolean): readonly FieldError[] {
  return itemsOf(rules, "rules").flatMap(([rule, path]) => validateRule(rule, path, isNamespaced));
}

function validateRule(rule: Fields, path: string, isNamespaced: boolean): readonly FieldError[] {
  const listOf = (name: string) => (rule[name] ?? []) as readonly string[];
  const urls = listOf("nonResourceURLs");
  const field = `${path}.nonResourceURLs`;
  if (urls.length > 0) {
    const isOfResources = ["apiGroups", "resources", "resourceNames"].some((name) => listOf(name).length > 0);
    return [
      ...(isNamespaced ? [invalid(field, urls, "namespaced rules cannot apply to non-resource URLs")] : []),
      ...(isOfResources
        ? [invalid(field, urls, "rules cannot apply to both regular resources and non-resource URLs")]
        : []),
    ];
  }
  return [
    ...(listOf("apiGroups").length === 0
      ? [required(`${path}.apiGroups`, "resource rules must supply at least one api group")]
      : []),
    ...(listOf("resources").length === 0
      ? [required(`${path}.resources`, "resource rules must supply at least one resource")]
      : []),
  ];
}

/** Told after all else of an object: upstream declares it beside the type. */
function validateVerbs(rules: unknown): readonly FieldError[] {
  return itemsOf(rules, "rules").flatMap(([rule, path]) =>
    (rule["verbs"] ?? []).length === 0 ? [required(`${path}.verbs`)] : [],
  );
}

function validateAggregation(rule: Fields | undefined): readonly FieldError[] {
  if (rule === undefined) return [];
  const path = "aggregationRule.clusterRoleSelectors";
  const selectors = itemsOf(rule["clusterRoleSelectors"], path);
  if (selectors.length === 0)
    return [required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil")];
  return selectors.flatMap(([each, field]) => {
    const errors = validateLabelSelector(each, field);
    return errors.length === 0 ? [] : [...errors, invalid(field, null, "invalid label selector.")];
  });
}
