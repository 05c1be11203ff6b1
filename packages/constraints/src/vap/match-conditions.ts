import type { MatchCondition } from "@sallyport/admission";

/** Gatekeeper's own names; no template may use this prefix. */
const prefix = "gatekeeper_internal_match_";

/**
 * A constraint's `match` as conditions of a ValidatingAdmissionPolicy, whose parameter is the constraint. Selectors stand in its binding.
 * Where Gatekeeper's own conditions take less than its webhook does (`scope`, `source`, an empty list of kinds, a Namespace's own name),
 * these do as the webhook.
 */
export const matchConditions: readonly MatchCondition[] = [
  condition(
    "excluded_namespaces",
    unlessGiven("excludedNamespaces", anyObject(`!${isIn("params.spec.match.excludedNamespaces", false)}`)),
  ),
  condition(
    "namespaces",
    unlessGiven(
      "namespaces",
      `size(params.spec.match.namespaces) == 0 || ${anyObject(isIn("params.spec.match.namespaces", true))}`,
    ),
  ),
  condition(
    "name",
    unlessGiven("name", `params.spec.match.name == "" || ${anyObject(isNamed("params.spec.match.name"))}`),
  ),
  condition(
    "kinds",
    unlessGiven(
      "kinds",
      `size(params.spec.match.kinds) == 0 || params.spec.match.kinds.exists(each, ${names("apiGroups", "group")} && ${names("kinds", "kind")})`,
    ),
  ),
  condition(
    "scope",
    unlessGiven(
      "scope",
      `!(params.spec.match.scope in ["Cluster", "Namespaced"]) || ${anyObject(`(has(obj.metadata.namespace) && obj.metadata.namespace != "") == (params.spec.match.scope == "Namespaced")`)}`,
    ),
  ),
  condition("source", unlessGiven("source", `params.spec.match.source != "Generated"`)),
];

/** Namespaces that a Config takes out of the webhook's reach. */
export function excludedCondition(patterns: readonly string[]): MatchCondition {
  return condition("global_excluded_namespaces", anyObject(`!${isIn(JSON.stringify(patterns), false)}`));
}

/** Namespaces that may have the label by which they are left alone, where they have it; and what lies in them. */
export function exemptedCondition(patterns: readonly string[]): MatchCondition {
  const list = JSON.stringify(patterns);
  const labelled = `has(obj.metadata.labels) && "admission.gatekeeper.sh/ignore" in obj.metadata.labels`;
  const isExempt = `(request.kind.kind == "Namespace" ? ${isIn(list, false)} && ${labelled} : ${isIn(list, false)})`;
  return condition("global_exempted_namespaces", anyObject(`!${isExempt}`));
}

function condition(name: string, expression: string): MatchCondition {
  return { name: prefix + name, expression };
}

/** True where a constraint does not have the field. */
function unlessGiven(field: string, expression: string): string {
  return `!has(params.spec) || !has(params.spec.match) || !has(params.spec.match.${field}) || ${expression}`;
}

/** Of the object and the old one, whichever is there. */
function anyObject(expression: string): string {
  return `[object, oldObject].exists(obj, obj != null && ${expression})`;
}

/** Whether `obj` lies in one of some namespaces, or is one of them; `other` is the answer for what lies in none. */
function isIn(list: string, other: boolean): string {
  const matches = (name: string) => `${list}.exists(pattern, ${isLike(name, "pattern")})`;
  const isOfNamespace = `request.kind.group == "" && request.kind.kind == "Namespace"`;
  return `(${isOfNamespace} && has(obj.metadata.name) ? ${matches("obj.metadata.name")} : has(obj.metadata.namespace) && obj.metadata.namespace != "" ? ${matches("obj.metadata.namespace")} : ${other})`;
}

function isNamed(pattern: string): string {
  const generated = `has(obj.metadata.generateName) && obj.metadata.generateName != "" && ${pattern}.endsWith("*") && ${isLike("obj.metadata.generateName", pattern)}`;
  return `((has(obj.metadata.name) && ${isLike("obj.metadata.name", pattern)}) || (${generated}))`;
}

/** Wildcards hold nothing that means something in a regular expression but their `*`. */
function isLike(text: string, pattern: string): string {
  return `string(${text}).matches("^" + string(${pattern}).replace("*", ".*") + "$")`;
}

function names(list: string, field: string): string {
  const all = `each.${list}`;
  return `(!has(${all}) || size(${all}) == 0 || "*" in ${all} || request.kind.${field} in ${all})`;
}
