import { duplicate, type FieldError, invalid, notSupported, required } from "../../names.ts";
import { formatted, itemsOf } from "../checks.ts";
import { pathSegment } from "../formats.ts";
import type { Fields } from "../rules.ts";

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const scopes = ["*", "Cluster", "Namespaced"];

/** RuleWithOperations of webhooks and policies: which requests they are asked about. */
export function validateRules(rules: unknown, path: string): readonly FieldError[] {
  return itemsOf(rules, path).flatMap(([rule, field]) => [
    ...validateNames(rule["resourceNames"] ?? [], `${field}.resourceNames`),
    ...validateRule(rule, field),
  ]);
}

/** Names that policies' rules may be limited to. */
function validateNames(names: readonly string[], path: string): readonly FieldError[] {
  return names.flatMap((name, i) => [
    ...formatted(`${path}[${i}]`, name, pathSegment),
    ...(names.indexOf(name) < i ? [duplicate(`${path}[${i}]`, name)] : []),
  ]);
}

function validateRule(rule: Fields, path: string): readonly FieldError[] {
  const listOf = (name: string) => (rule[name] ?? []) as readonly string[];
  const scope = rule["scope"] as string | undefined;
  return [
    ...validateOperations(listOf("operations"), `${path}.operations`),
    ...starAlone(listOf("apiGroups"), `${path}.apiGroups`, "API groups", true),
    ...starAlone(listOf("apiVersions"), `${path}.apiVersions`, "API versions", false),
    ...validateResources(listOf("resources"), `${path}.resources`),
    ...(scope === undefined || scopes.includes(scope) ? [] : [notSupported(`${path}.scope`, scope, scopes)]),
  ];
}

function validateOperations(list: readonly string[], path: string): readonly FieldError[] {
  if (list.length === 0) return [required(path)];
  return [
    ...(list.length > 1 && list.includes("*")
      ? [invalid(path, list, "if '*' is present, must not specify other operations")]
      : []),
    ...list.flatMap((each, i) => (operations.includes(each) ? [] : [notSupported(`${path}[${i}]`, each, operations)])),
  ];
}

function starAlone(list: readonly string[], path: string, what: string, mayBeEmpty: boolean): readonly FieldError[] {
  if (list.length === 0) return [required(path)];
  return [
    ...(list.length > 1 && list.includes("*")
      ? [invalid(path, list, `if '*' is present, must not specify other ${what}`)]
      : []),
    ...(mayBeEmpty ? [] : list.flatMap((each, i) => (each === "" ? [required(`${path}[${i}]`)] : []))),
  ];
}

function validateResources(list: readonly string[], path: string): readonly FieldError[] {
  if (list.length === 0) return [required(path)];
  const errors: FieldError[] = [];
  const starred = new Set<string>();
  for (const [i, each] of list.entries()) {
    const [resource = "", sub] = each.split("/");
    if (each === "") errors.push(required(`${path}[${i}]`));
    if (sub !== undefined && sub !== "*" && starred.has(resource))
      errors.push(invalid(`${path}[${i}]`, each, `if '${resource}/*' is present, must not specify ${each}`));
    if (sub === "*") starred.add(resource);
  }
  if (list.length > 1 && list.includes("*/*"))
    errors.push(invalid(path, list, "if '*/*' is present, must not specify other resources"));
  else if (list.includes("*") && list.some((each) => each !== "*" && !each.includes("/")))
    errors.push(invalid(path, list, "if '*' is present, must not specify other resources without subresources"));
  return errors;
}
