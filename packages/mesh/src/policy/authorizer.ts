import { type AskedProvider, askedProviders } from "./asked-provider.ts";
import { type Action, type AuthorizationPolicy, actionOf, isDryRun } from "./authorization-policy.ts";
import { means, type ReadyRule, type RulePlace, readsRequests, readyRule, whyNot } from "./authorization-rule.ts";
import type { Asking, Authorizer, Call, Verdict } from "./call.ts";
import { CallFacts } from "./call-facts.ts";
import { trustDomainsOf } from "./trust-domains.ts";
import { byAge, type MeshSettings, nameOf, selects, type Workload } from "./workload.ts";

/** What one policy had to do with a call. */
export interface PolicyPart {
  readonly policy: AuthorizationPolicy;
  readonly action: Action;
  readonly isDryRun: boolean;
  /** The first rule that means the call, by its place from 0. */
  readonly rule?: number;
  /** One line per rule that does not mean it, or that was left out or widened, and why. */
  readonly notes: readonly string[];
}

/** An Authorizer that also tells how it came to a verdict. */
export interface TracedAuthorizer extends Authorizer {
  /** Every policy of the workload in the order CUSTOM, DENY, ALLOW, AUDIT, whether the verdict needed it or not. */
  trace(call: Call): readonly PolicyPart[];
}

interface ReadyPolicy {
  readonly policy: AuthorizationPolicy;
  readonly name: string;
  readonly action: Action;
  readonly isDryRun: boolean;
  /** Of a CUSTOM policy. */
  readonly provider?: AskedProvider;
  readonly http: readonly Ready[];
  readonly tcp: readonly Ready[];
}

type Ready = ReturnType<typeof readyRule>;

const order: readonly Action[] = ["CUSTOM", "DENY", "ALLOW", "AUDIT"];

/**
 * The AuthorizationPolicies that are a workload's: of its namespace and of the root namespace, where the selector is met. One with
 * targets is of a gateway or waypoint.
 */
export function policiesOf(
  workload: Workload,
  policies: readonly AuthorizationPolicy[],
  { rootNamespace }: Pick<MeshSettings, "rootNamespace">,
): readonly AuthorizationPolicy[] {
  return policies
    .filter(({ metadata, spec }) => {
      const isNear = metadata.namespace === rootNamespace || metadata.namespace === workload.namespace;
      const hasTargets = spec?.targetRef !== undefined || (spec?.targetRefs ?? []).length > 0;
      return isNear && !hasTargets && selects(spec?.selector, workload);
    })
    .sort(byAge);
}

/**
 * Makes the policies of a workload ready. What a CUSTOM policy means is asked of its provider; where the mesh has none, it is refused,
 * as by Istio. Policies must have the shape of their kind (`shapeFaults`).
 */
export function authorizerOf(
  workload: Workload,
  policies: readonly AuthorizationPolicy[],
  mesh: MeshSettings,
): TracedAuthorizer {
  const trustDomains = trustDomainsOf(mesh);
  const taking = policiesOf(workload, policies, mesh);
  const providerOf = askedProviders(taking, mesh);
  const all = taking.map((policy) => readyPolicy(policy, trustDomains, providerOf(policy)));
  const ready = order.flatMap((action) => all.filter((each) => each.action === action));
  return {
    readsHttp: ready.some(
      ({ policy, provider }) => provider?.kind !== undefined || (policy.spec?.rules ?? []).some(readsRequests),
    ),
    decide: decider(ready),
    trace: (call) => ready.map((each) => partOf(each, call)),
  };
}

function readyPolicy(
  policy: AuthorizationPolicy,
  trustDomains: readonly string[],
  provider: AskedProvider | undefined,
): ReadyPolicy {
  const action = actionOf(policy);
  const place: RulePlace = { action, namespace: policy.metadata.namespace ?? "", trustDomains };
  const rules = policy.spec?.rules ?? [];
  return {
    policy,
    name: nameOf(policy),
    action,
    isDryRun: isDryRun(policy),
    ...(provider === undefined ? {} : { provider }),
    http: rules.map((rule) => readyRule(rule, true, place)),
    tcp: rules.map((rule) => readyRule(rule, false, place)),
  };
}

/** Policies sorted by what they may do to a verdict, once for all calls. */
interface Sorted {
  readonly asking: readonly ReadyPolicy[];
  readonly refusing: readonly ReadyPolicy[];
  readonly allowing: readonly ReadyPolicy[];
}

function sorted(ready: readonly ReadyPolicy[]): Sorted {
  return {
    asking: ready.filter(({ action }) => action === "CUSTOM"),
    refusing: ready.filter(({ action }) => action === "DENY"),
    allowing: ready.filter(({ action }) => action === "ALLOW"),
  };
}

/** What policies are only tried is told of each action by itself, as by Envoy's shadow rules; Istio tries no others. */
function decider(ready: readonly ReadyPolicy[]): (call: Call) => Verdict {
  if (ready.length === 0) return () => unlimited;
  const inForce = sorted(ready.filter((each) => !each.isDryRun));
  const triedOnly = ready.filter((each) => each.isDryRun && (each.action === "DENY" || each.action === "ALLOW"));
  const tried = triedOnly.length === 0 ? undefined : sorted(triedOnly);
  const audits = ready.filter(({ action }) => action === "AUDIT");
  return (call) => {
    const facts = new CallFacts(call);
    const verdict = judged(inForce, facts);
    if (audits.length === 0 && tried === undefined) return verdict;
    const audited = audits.filter((each) => ruleOf(each, facts) !== undefined).map(({ name }) => name);
    const shadow = tried === undefined ? undefined : judged(tried, facts);
    return {
      ...verdict,
      ...(audited.length === 0 ? {} : { audited }),
      ...(shadow === undefined || shadow.allowed ? {} : { wouldRefuse: shadow.reason }),
    };
  };
}

const unlimited: Verdict = { allowed: true, reason: "no AuthorizationPolicy applies" };

function judged(sorted: Sorted, facts: CallFacts): Verdict {
  const custom = asked(sorted.asking, facts);
  if (custom !== undefined && "allowed" in custom) return custom;
  const verdict = judgedByRules(sorted, facts);
  return custom === undefined ? verdict : { ...verdict, asks: custom };
}

/** Whom the first CUSTOM policy that means a call asks; a refusal, where it cannot be asked. */
function asked(asking: readonly ReadyPolicy[], facts: CallFacts): Asking | Verdict | undefined {
  for (const each of asking) {
    const { name, provider } = each;
    // It reads requests alone: of connections it is not asked, as by Istio.
    if (provider?.kind === "http" && facts.call.http === undefined) continue;
    const rule = ruleOf(each, facts);
    if (rule === undefined) continue;
    if (provider?.kind !== undefined) return { provider: provider.name, policy: name, rule };
    const reason = `CUSTOM by ${name}, rule ${rule}: ${provider?.fault}`;
    return { allowed: false, policy: { name, rule }, reason };
  }
  return undefined;
}

function judgedByRules({ refusing, allowing }: Sorted, facts: CallFacts): Verdict {
  for (const each of refusing) {
    const { name } = each;
    const rule = ruleOf(each, facts);
    if (rule !== undefined) return { allowed: false, policy: { name, rule }, reason: `DENY by ${name}, rule ${rule}` };
  }
  if (allowing.length === 0) return { allowed: true, reason: "no ALLOW policy applies, and none that refuses it" };
  for (const each of allowing) {
    const rule = ruleOf(each, facts);
    if (rule !== undefined)
      return { allowed: true, policy: { name: each.name, rule }, reason: `ALLOW by ${each.name}, rule ${rule}` };
  }
  const names = allowing.map(({ name }) => name);
  const [only] = names;
  return {
    allowed: false,
    ...(names.length === 1 && only !== undefined ? { policy: { name: only } } : {}),
    reason: `no rule of the ALLOW ${names.length === 1 ? "policy" : "policies"} ${names.join(", ")} means it`,
  };
}

/** The first rule that means the call. */
function ruleOf({ http, tcp }: ReadyPolicy, facts: CallFacts): number | undefined {
  const rules = facts.call.http === undefined ? tcp : http;
  for (let place = 0; place < rules.length; place++) {
    const rule = rules[place];
    if (rule !== undefined && isReady(rule) && means(rule, facts)) return place;
  }
  return undefined;
}

function isReady(rule: Ready): rule is ReadyRule {
  return !("skipped" in rule);
}

function partOf(each: ReadyPolicy, call: Call): PolicyPart {
  const facts = new CallFacts(call);
  const rule = ruleOf(each, facts);
  const rules = call.http === undefined ? each.tcp : each.http;
  const notes = rules.flatMap((ready, place) => notesOf(ready, place, facts));
  const none = rules.length === 0 ? ["it has no rules, and so means nothing"] : [];
  const unasked = each.provider?.kind === "http" && call.http === undefined ? [notOfConnections(each.provider)] : [];
  const { policy, action } = each;
  return {
    policy,
    action,
    isDryRun: each.isDryRun,
    ...(rule === undefined ? {} : { rule }),
    notes: [...none, ...unasked, ...notes],
  };
}

function notesOf(rule: Ready, place: number, facts: CallFacts): readonly string[] {
  if (!isReady(rule)) return [`rule ${place} is left out: ${rule.skipped}`];
  const why = whyNot(rule, facts);
  return [
    ...rule.dropped.map((fault) => `rule ${place} is wider than written: ${fault}`),
    ...(why === undefined ? [] : [`rule ${place}: ${why}`]),
  ];
}

function notOfConnections({ name }: AskedProvider): string {
  return `the provider "${name}" reads requests of HTTP: of connections it is not asked`;
}
