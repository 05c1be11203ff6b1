import type { UserInfo } from "@sallyport/admission";
import type { RequestInfo } from "../http/request-info.ts";

export const levels = ["None", "Metadata", "Request", "RequestResponse"] as const;
export type Level = (typeof levels)[number];

export const stages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const;
export type Stage = (typeof stages)[number];

interface GroupResources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Rule {
  readonly level: Level;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly GroupResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly Stage[];
  readonly omitManagedFields?: boolean;
}

/** audit.k8s.io/v1 Policy. https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
export interface AuditPolicy {
  readonly rules: readonly Rule[];
  readonly omitStages?: readonly Stage[];
  readonly omitManagedFields?: boolean;
}

/** How much of a request is to be told, and when. */
export interface AuditLevel {
  readonly level: Level;
  readonly omitStages: ReadonlySet<Stage>;
  readonly omitManagedFields: boolean;
}

/** The level of the first rule that matches; None when none does. */
export function auditLevel(policy: AuditPolicy, user: UserInfo, info: RequestInfo): AuditLevel {
  const rule = policy.rules.find((each) => matches(each, user, info));
  return {
    level: rule?.level ?? "None",
    omitStages: new Set([...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])]),
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

function matches(rule: Rule, { username, groups }: UserInfo, info: RequestInfo): boolean {
  const { users = [], userGroups = [], verbs = [], namespaces = [], resources = [], nonResourceURLs = [] } = rule;
  if (users.length > 0 && !users.includes(username)) return false;
  if (userGroups.length > 0 && !userGroups.some((group) => groups.includes(group))) return false;
  if (verbs.length > 0 && !verbs.includes(info.verb)) return false;
  if (namespaces.length > 0 || resources.length > 0) return matchesResource(namespaces, resources, info);
  return nonResourceURLs.length === 0 || (!info.isResource && nonResourceURLs.some((url) => covers(url, info.path)));
}

function matchesResource(
  namespaces: readonly string[],
  resources: readonly GroupResources[],
  { isResource, namespace, group, resource, subresource, name }: RequestInfo,
): boolean {
  if (!isResource || (namespaces.length > 0 && !namespaces.includes(namespace))) return false;
  if (resources.length === 0) return true;
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const patterns = ["*", full, ...(subresource === "" ? [] : [`${resource}/*`, `*/${subresource}`])];
  return resources.some((each) => {
    const { resources: wanted = [], resourceNames = [] } = each;
    if ((each.group ?? "") !== group) return false;
    if (wanted.length === 0) return true;
    return (resourceNames.length === 0 || resourceNames.includes(name)) && wanted.some((one) => patterns.includes(one));
  });
}

function covers(pattern: string, path: string): boolean {
  return pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : pattern === path;
}

/** The policy that a document holds, or the first fault in it, as one line. */
export function readAuditPolicy(value: unknown): AuditPolicy | { readonly fault: string } {
  const { kind, apiVersion, rules, omitStages } = (value ?? {}) as { readonly [field: string]: unknown };
  if (kind !== "Policy" || apiVersion !== "audit.k8s.io/v1")
    return { fault: "expected kind Policy of audit.k8s.io/v1" };
  if (!Array.isArray(rules) || rules.length === 0) return { fault: "loaded illegal policy with 0 rules" };
  for (const [i, rule] of rules.entries()) {
    const fault = faultOfRule((rule ?? {}) as { readonly [field: string]: unknown });
    if (fault !== undefined) return { fault: `rules[${i}].${fault}` };
  }
  const fault = faultOfStages(omitStages);
  return fault === undefined ? (value as AuditPolicy) : { fault };
}

const listFields = ["users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs"];
const ruleFields = new Set(["level", "omitStages", "omitManagedFields", ...listFields]);

function faultOfRule(rule: { readonly [field: string]: unknown }): string | undefined {
  const unknown = Object.keys(rule).find((field) => !ruleFields.has(field));
  if (unknown !== undefined) return `${unknown}: unknown field`;
  if (rule["level"] === undefined) return "level: Required value";
  if (!levels.includes(rule["level"] as Level)) return unsupported("level", rule["level"], levels);
  const noList = listFields.find((field) => rule[field] !== undefined && !Array.isArray(rule[field]));
  if (noList !== undefined) return `${noList}: expected a list`;
  const { resources, namespaces, nonResourceURLs } = rule as unknown as Rule;
  if (nonResourceURLs?.length && (resources?.length || namespaces?.length))
    return "nonResourceURLs: Invalid value: rules cannot apply to both regular resources and non-resource URLs";
  const path = nonResourceURLs?.find((each) => each !== "*" && !/^\/[^*]*\*?$/.test(each));
  if (path !== undefined)
    return `nonResourceURLs: Invalid value: ${JSON.stringify(path)}: non-resource URL rules must begin with a '/' character, and have '*' at their end alone`;
  return faultOfStages(rule["omitStages"]);
}

function faultOfStages(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) return "omitStages: expected a list";
  const wrong = value.findIndex((each) => !stages.includes(each));
  return wrong < 0 ? undefined : unsupported(`omitStages[${wrong}]`, value[wrong], stages);
}

function unsupported(field: string, value: unknown, allowed: readonly string[]): string {
  return `${field}: Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed.map((each) => JSON.stringify(each)).join(", ")}`;
}
