import type { RbacUser } from "./rbac.ts";
import { coversUrl, type PolicyRule } from "./rbac-rules.ts";

/** The rules that `owned` does not cover, each as narrow as can be: one group, one resource, one verb, one name. */
export function uncoveredRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap((rule) => [...brokenDown(rule)]).filter((rule) => !owned.some((owner) => covers(owner, rule)));
}

/** What a user is told who would hand out more than is theirs. */
export function escalationMessage(
  { username, groups }: RbacUser,
  missing: readonly PolicyRule[],
  faults: readonly string[],
): string {
  const quoted = groups.map((each) => JSON.stringify(each)).join(" ");
  const lines = compacted(missing).map(ruleText).sort();
  const why = faults.length === 0 ? "" : `; resolution errors: [${faults.join(" ")}]`;
  return `user ${JSON.stringify(username)} (groups=[${quoted}]) is attempting to grant RBAC permissions not currently held:\n${lines.join("\n")}${why}`;
}

function* brokenDown({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): Generator<PolicyRule> {
  for (const group of apiGroups)
    for (const resource of resources)
      for (const verb of verbs) {
        const rule = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) yield rule;
        for (const name of resourceNames) yield { ...rule, resourceNames: [name] };
      }
  for (const url of nonResourceURLs) for (const verb of verbs) yield { nonResourceURLs: [url], verbs: [verb] };
}

/** True when all that the narrow rule allows, the other one allows too. */
function covers(owner: PolicyRule, rule: PolicyRule): boolean {
  return (
    holdsAll(owner.verbs, rule.verbs) &&
    holdsAll(owner.apiGroups, rule.apiGroups) &&
    (rule.resources ?? []).every((each) => holdsResource(owner.resources ?? [], each)) &&
    holdsNames(owner.resourceNames ?? [], rule.resourceNames ?? []) &&
    (rule.nonResourceURLs ?? []).every((url) => (owner.nonResourceURLs ?? []).some((each) => coversUrl(each, url)))
  );
}

function holdsAll(held: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return held.includes("*") || wanted.every((each) => held.includes(each));
}

function holdsResource(held: readonly string[], wanted: string): boolean {
  if (held.includes("*") || held.includes(wanted)) return true;
  const slash = wanted.indexOf("/");
  return slash !== -1 && held.includes(`*${wanted.slice(slash)}`);
}

/** No names mean all names. */
function holdsNames(held: readonly string[], wanted: readonly string[]): boolean {
  return held.length === 0 || (wanted.length > 0 && wanted.every((each) => held.includes(each)));
}

/** Rules of the same resource become one with all their verbs; paths stay apart, as upstream leaves them. */
function compacted(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const byPlace = new Map<string, PolicyRule>();
  const paths = rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined);
  for (const rule of rules) {
    if (rule.nonResourceURLs !== undefined) continue;
    const place = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    byPlace.set(place, { ...rule, verbs: [...(byPlace.get(place)?.verbs ?? []), ...rule.verbs] });
  }
  return [...byPlace.values(), ...paths];
}

function ruleText({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: PolicyRule): string {
  const parts = [
    ["APIGroups", apiGroups],
    ["Resources", resources],
    ["NonResourceURLs", nonResourceURLs],
    ["ResourceNames", resourceNames],
    ["Verbs", verbs],
  ] as const;
  const shown = parts.flatMap(([name, list = []]) =>
    list.length === 0 ? [] : [`${name}:[${list.map((each) => JSON.stringify(each)).join(" ")}]`],
  );
  return `{${shown.join(", ")}}`;
}
