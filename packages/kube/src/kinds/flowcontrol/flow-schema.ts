import { canonical } from "../../canonical.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { dns1123Label, dns1123Subdomain } from "../formats.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";

const maxPrecedence = 10_000;

/** Schemas that the server itself stands on: nobody changes them. */
const mandatory: readonly string[] = ["exempt", "catch-all"];

export const flowSchema: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    if (!spec["matchingPrecedence"]) spec["matchingPrecedence"] = 1000;
    fill(spec, { priorityLevelConfiguration: { name: "" } });
  },
  validate: (object) => validateSpec(object.metadata.name ?? "", specOf(object)),
  validateUpdate: validateFixed,
};

function validateFixed(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const name = object.metadata.name ?? "";
  const spec = specOf(object);
  if (!mandatory.includes(name) || canonical(spec) === canonical(specOf(old))) return [];
  const shown = {
    PriorityLevelConfiguration: { Name: spec["priorityLevelConfiguration"]?.name ?? "" },
    MatchingPrecedence: spec["matchingPrecedence"],
    DistinguisherMethod: shownMethod(spec["distinguisherMethod"]),
    Rules: spec["rules"] ?? null,
  };
  return [invalid("spec", shown, `spec of '${name}' must equal the fixed value`)];
}

function shownMethod(method: Fields | undefined): object | null {
  return method === undefined ? null : { Type: method["type"] ?? "" };
}

function validateSpec(name: string, spec: Fields): readonly FieldError[] {
  const { matchingPrecedence: precedence = 0, distinguisherMethod: method, priorityLevelConfiguration: level } = spec;
  const at = "spec.matchingPrecedence";
  return [
    ...(precedence <= 0 ? [invalid(at, precedence, "must be a positive value")] : []),
    ...(precedence > maxPrecedence ? [invalid(at, precedence, `must not be greater than ${maxPrecedence}`)] : []),
    ...(precedence === 1 && name !== "exempt"
      ? [invalid(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
      : []),
    ...(method === undefined || ["ByNamespace", "ByUser"].includes(method.type)
      ? []
      : [notSupported("spec.distinguisherMethod.type", shownMethod(method), ["ByNamespace", "ByUser"])]),
    ...(level?.name
      ? formatted("spec.priorityLevelConfiguration.name", level.name, dns1123Subdomain)
      : [required("spec.priorityLevelConfiguration.name", "must reference a priority level")]),
    ...itemsOf(spec["rules"], "spec.rules").flatMap(([each, path]) => validatePolicy(each, path)),
  ];
}

function validatePolicy(policy: Fields, path: string) {
  const [subjects, resourceRules, nonResourceRules] = ["subjects", "resourceRules", "nonResourceRules"].map(
    (name) => (policy[name] ?? []) as readonly Fields[],
  ) as [readonly Fields[], readonly Fields[], readonly Fields[]];
  return [
    ...(subjects.length === 0 ? [required(`${path}.subjects`, "subjects must contain at least one value")] : []),
    ...itemsOf(subjects, `${path}.subjects`).flatMap(([each, field]) => validateSubject(each, field)),
    ...(resourceRules.length === 0 && nonResourceRules.length === 0
      ? [required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")]
      : []),
    ...itemsOf(resourceRules, `${path}.resourceRules`).flatMap(([each, field]) => validateResourceRule(each, field)),
    ...itemsOf(nonResourceRules, `${path}.nonResourceRules`).flatMap(([each, field]) => validateUrlRule(each, field)),
  ];
}

/** The field that a subject of each kind has, and no other one, with the order in which upstream looks for the others. */
const subjectFields: { readonly [kind: string]: readonly [own: string, ...others: readonly string[]] } = {
  Group: ["group", "serviceAccount", "user"],
  ServiceAccount: ["serviceAccount", "user", "group"],
  User: ["user", "serviceAccount", "group"],
};

function validateSubject(subject: Fields, path: string): readonly FieldError[] {
  const kind = (subject["kind"] ?? "") as string;
  const fields = subjectFields[kind];
  if (fields === undefined) return [notSupported(`${path}.kind`, kind, Object.keys(subjectFields))];
  const [own, ...others] = fields;
  const given = subject[own] as Fields | undefined;
  return [
    ...(given === undefined
      ? [required(`${path}.${own}`, `${own} is required when subject kind is '${kind}'`)]
      : own === "serviceAccount"
        ? validateAccount(given, `${path}.${own}`)
        : given["name"]
          ? []
          : [required(`${path}.${own}.name`)]),
    ...others
      .filter((each) => subject[each] !== undefined)
      .map((each) => forbidden(`${path}.${each}`, `${each} is forbidden when subject kind is not '${kindOf(each)}'`)),
  ];
}

function kindOf(field: string): string {
  return field.charAt(0).toUpperCase() + field.slice(1);
}

function validateAccount({ name = "", namespace = "" }: Fields, path: string): readonly FieldError[] {
  return [
    ...(name === ""
      ? [required(`${path}.name`)]
      : name === "*"
        ? []
        : formatted(`${path}.name`, name, dns1123Subdomain)),
    ...(namespace === ""
      ? [required(`${path}.namespace`, "must specify namespace for service account")]
      : formatted(`${path}.namespace`, namespace, dns1123Label)),
  ];
}

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

function validateVerbs(list: readonly string[], field: string): readonly FieldError[] {
  if (list.length === 0) return [required(field, "verbs must contain at least one value")];
  if (list.includes("*"))
    return list.length > 1 ? [invalid(field, list, "if '*' is present, must not specify other verbs")] : [];
  return list.every((each) => verbs.includes(each)) ? [] : [notSupported(field, list, verbs)];
}

function starAlone(list: readonly string[], field: string, missing: string, what: string): readonly FieldError[] {
  if (list.length === 0) return [required(field, missing)];
  return list.length > 1 && list.includes("*")
    ? [invalid(field, list, `if '*' is present, must not specify other ${what}`)]
    : [];
}

function validateResourceRule(rule: Fields, path: string): readonly FieldError[] {
  const listOf = (name: string) => (rule[name] ?? []) as readonly string[];
  const needs = (what: string) => `resource rules must supply at least one ${what}`;
  return [
    ...validateVerbs(listOf("verbs"), `${path}.verbs`),
    ...starAlone(listOf("apiGroups"), `${path}.apiGroups`, needs("api group"), "api groups"),
    ...starAlone(listOf("resources"), `${path}.resources`, needs("resource"), "resources"),
    ...validateNamespaces(listOf("namespaces"), rule["clusterScope"] === true, `${path}.namespaces`),
  ];
}

function validateNamespaces(list: readonly string[], isCluster: boolean, field: string): readonly FieldError[] {
  if (list.length === 0)
    return isCluster
      ? []
      : [required(field, "resource rules that are not cluster scoped must supply at least one namespace")];
  if (list.includes("*"))
    return list.length > 1 ? [invalid(field, list, "if '*' is present, must not specify other namespaces")] : [];
  return list.flatMap((each, i) =>
    dns1123Label(each).map((why) =>
      invalid(`${field}[${i}]`, each, `each member of this list must be '*' or a DNS-1123 label; ${why}`),
    ),
  );
}

function validateUrlRule(rule: Fields, path: string) {
  const [list, urls] = [rule["verbs"] ?? [], rule["nonResourceURLs"] ?? []];
  const field = `${path}.nonResourceURLs`;
  return [
    ...validateVerbs(list, `${path}.verbs`),
    ...(urls.length === 0
      ? [required(field, "nonResourceURLs must contain at least one value")]
      : urls.includes("*")
        ? starAlone(urls, field, "", "non-resource URLs")
        : (urls as string[]).flatMap((each, i) => validateUrl(each, `${field}[${i}]`))),
  ];
}

function validateUrl(path: string, field: string): readonly FieldError[] {
  const fault = urlFault(path);
  return fault === undefined ? [] : [invalid(field, path, fault)];
}

function urlFault(path: string): string | undefined {
  if (path === "") return "must not be empty";
  if (path === "/") return undefined;
  if (!path.startsWith("/")) return "must start with slash";
  if (/\s/.test(path)) return "must not contain white-space";
  if (path.includes("//")) return "must not contain double slash";
  return path.includes("*") && path.indexOf("/*") !== path.length - 2
    ? "wildcard can only do suffix matching"
    : undefined;
}
