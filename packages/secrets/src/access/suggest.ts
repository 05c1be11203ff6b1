import { allows, bootstrapRbac, type PolicyRule, type RuleRequest } from "@sallyport/kube";
import type { UsedAccess } from "./audit-events.ts";
import { leastRules } from "./least-rules.ts";
import { subjectsOf } from "./ways/known-identities.ts";
import { type Grant, type Identity, identityText, rbacText, type World } from "./world.ts";
import { worldOf } from "./world-of.ts";

/** What one subject has used, the least rules for it, and what it has beside. */
export interface Suggestion {
  readonly subject: Identity;
  readonly places: readonly SuggestedPlace[];
  /** Rules that it has now and has not used, or not wholly; empty where nothing is known of what it has. */
  readonly unused: readonly UnusedRule[];
}

/** Rules of a Role in a namespace; of a ClusterRole, where it is empty. */
export interface SuggestedPlace {
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
}

export interface UnusedRule {
  readonly grant: Grant;
  /** Of the pairs of verb and resource that it names, those that were never asked for; "all" where it was of no use at all. */
  readonly acts: readonly string[] | "all";
}

export interface SuggestOptions {
  /** Rules are limited to names where there are no more of them; 5 when absent. */
  readonly maxNames?: number;
}

/** Different requests of one subject; the rest is counted with them as the same. Unlike names, they are few. */
interface Used {
  readonly subject: Identity;
  readonly groups: Set<string>;
  readonly byPlace: Map<string, Map<string, RuleRequest>>;
}

/** What every cluster lets all do who say who they are: to find out what it serves, and what they may. */
const everyones = "system:authenticated";

/** Gathers what was used, event by event; what is used again costs nothing. */
export class AccessRecord {
  readonly #used = new Map<string, Used>();

  add({ subject, groups, namespace, request }: UsedAccess): void {
    const id = identityText(subject);
    const used = this.#used.get(id) ?? { subject, groups: new Set<string>(), byPlace: new Map() };
    this.#used.set(id, used);
    for (const group of groups) used.groups.add(group);
    const requests = used.byPlace.get(namespace) ?? new Map<string, RuleRequest>();
    used.byPlace.set(namespace, requests);
    const { verb, group, resource, subresource = "", name, path = "" } = request;
    requests.set([verb, group, resource, subresource, name, path].join("\n"), request);
  }

  /** By subjects in their order. `world` is what they have now. */
  suggestions(world: World | undefined, { maxNames = 5 }: SuggestOptions = {}): readonly Suggestion[] {
    const given = worldOf(bootstrapRbac).grants.filter(({ subject }) => subject.name === everyones);
    return [...this.#used]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, used]) => ({
        subject: used.subject,
        places: [...used.byPlace]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([namespace, requests]) => ({
            namespace,
            rules: leastRules(
              [...requests.values()].filter((each) => !isGiven(used, given, each)),
              maxNames,
            ),
          }))
          .filter(({ rules }) => rules.length > 0),
        unused: world === undefined ? [] : unusedRules(world, used),
      }));
  }
}

function isGiven({ groups }: Used, given: readonly Grant[], request: RuleRequest): boolean {
  return groups.has(everyones) && given.some(({ rule }) => allows(rule, request));
}

/** Of what every cluster gives all it is not told. */
function unusedRules({ grants, roles }: World, { subject, groups, byPlace }: Used): readonly UnusedRule[] {
  const bootstrap = new Set(roles.filter(({ isBootstrap }) => isBootstrap).map(({ name }) => rbacText(name)));
  const isGiven = ({ subject: bound, role }: Grant) => bound.name === everyones && bootstrap.has(rbacText(role));
  const names = new Set([...subjectsOf(subject), ...[...groups].map((each) => `Group ${each}`)]);
  return grants
    .filter((grant) => names.has(identityText(grant.subject)) && !isGiven(grant))
    .flatMap((grant) => {
      const requests = [...byPlace]
        .filter(([namespace]) => grant.namespace === "" || grant.namespace === namespace)
        .flatMap(([, each]) => [...each.values()]);
      const acts = unusedActs(grant.rule, requests);
      return acts.length === 0 ? [] : [{ grant, acts }];
    });
}

/** Each verb of each resource by itself. */
function unusedActs(rule: PolicyRule, requests: readonly RuleRequest[]): readonly string[] | "all" {
  if (!requests.some((request) => allows(rule, request))) return "all";
  const { resources = [], nonResourceURLs = [] } = rule;
  return rule.verbs.flatMap((verb) => {
    const isUnused = (part: Partial<PolicyRule>) =>
      !requests.some((request) => allows({ ...rule, ...part, verbs: [verb] }, request));
    return [
      ...resources.filter((each) => isUnused({ resources: [each] })),
      ...nonResourceURLs.filter((each) => isUnused({ nonResourceURLs: [each] })),
    ].map((what) => `${verb} ${what}`);
  });
}
