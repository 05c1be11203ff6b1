import type { Action, Condition, Rule } from "./authorization-policy.ts";
import { notField } from "./authorization-policy.ts";
import type { CallFacts } from "./call-facts.ts";
import { RuleFault } from "./rule-fault.ts";
import { conditionField, type Match, operationFields, type RuleField, sourceFields } from "./rule-fields.ts";
import { domainsWithAliases, withAliases } from "./trust-domains.ts";

/** Where a rule stands, which its values may need. */
export interface RulePlace {
  readonly action: Action;
  /** Of the policy. */
  readonly namespace: string;
  /** The mesh's own first. */
  readonly trustDomains: readonly string[];
}

/** What one field of a rule asks, with its name and values to tell it by. */
export interface Question {
  readonly text: string;
  readonly matches: Match;
}

/** A rule made ready: a call is meant when all of one of `from` and all of one of `to` hold. */
export interface ReadyRule {
  readonly from: readonly (readonly Question[])[];
  readonly to: readonly (readonly Question[])[];
  /** What was left out of it, where that makes it wider. */
  readonly dropped: readonly string[];
}

/** Why a rule means no call at all. */
export interface SkippedRule {
  readonly skipped: string;
}

interface Asked {
  readonly name: string;
  readonly field: RuleField;
  readonly values: readonly string[];
  readonly notValues: readonly string[];
}

/**
 * Makes a rule ready to be asked of requests, or of connections. What cannot be asked, of HTTP in a connection or by a value that
 * is wrong, drops an ALLOW rule whole, so that less is allowed, and only that value of every other, so that more is refused: Istio's
 * way. A condition whose key Istio does not know drops any rule.
 */
export function readyRule(rule: Rule | null, isHttp: boolean, place: RulePlace): ReadyRule | SkippedRule {
  if (rule === null) return { skipped: "the rule is null" };
  const unknown = rule.when?.find(({ key }) => conditionField(key) === undefined);
  if (unknown !== undefined) return { skipped: `unknown attribute ${unknown.key}` };
  const dropped: string[] = [];
  try {
    const { from, to } = asked(rule, place.trustDomains);
    const questions = (all: readonly Asked[]) => all.flatMap((each) => questionsOf(each, isHttp, place, dropped));
    return { from: from.map(questions), to: to.map(questions), dropped };
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error;
    return { skipped: error.message };
  }
}

/** Whether a rule has to see requests to answer as Istio does. */
export function readsRequests(rule: Rule | null): boolean {
  if (rule === null) return false;
  const { from, to } = asked({ ...rule, when: rule.when?.filter(({ key }) => conditionField(key)) ?? [] }, []);
  return [...from, ...to].flat().some(({ field }) => field.isHttp || field.isOfRequest === true);
}

/** Whether a call is meant by a rule. */
export function means({ from, to }: ReadyRule, facts: CallFacts): boolean {
  return anyHolds(from, facts) && anyHolds(to, facts);
}

function anyHolds(alternatives: readonly (readonly Question[])[], facts: CallFacts): boolean {
  for (const all of alternatives) if (holds(all, facts)) return true;
  return false;
}

function holds(all: readonly Question[], facts: CallFacts): boolean {
  for (const { matches } of all) if (!matches(facts)) return false;
  return true;
}

/** Why a call is not meant: of each alternative the first that does not hold. None where it is meant. */
export function whyNot({ from, to }: ReadyRule, facts: CallFacts): string | undefined {
  const failing = (alternatives: readonly (readonly Question[])[]) =>
    alternatives.map((all) => all.find(({ matches }) => !matches(facts))?.text);
  for (const side of [failing(from), failing(to)])
    if (!side.includes(undefined)) return side.map((text) => `not ${text}`).join(", ");
  return undefined;
}

/** The questions of each `from` and of each `to`; conditions belong to all of their side. */
function asked(rule: Rule, trustDomains: readonly string[]) {
  const conditions = (rule.when ?? []).map((when) => ({ isOfCall: isOfDestination(when.key), when }));
  const ofWhen = (isOfCall: boolean) =>
    conditions.filter((each) => each.isOfCall === isOfCall).map(({ when }) => askedByCondition(when));
  const from = (rule.from ?? []).map(({ source }) => [...askedBy(source, sourceFields), ...ofWhen(false)]);
  const to = (rule.to ?? []).map(({ operation }) => [...askedBy(operation, operationFields), ...ofWhen(true)]);
  const withDomains = (all: readonly Asked[]) => all.filter(isAsking).map((each) => aliased(each, trustDomains));
  return {
    from: (from.length === 0 ? [ofWhen(false)] : from).map(withDomains),
    to: (to.length === 0 ? [ofWhen(true)] : to).map(withDomains),
  };
}

function isOfDestination(key: string): boolean {
  return /^(destination\.|connection\.sni$|experimental\.)/.test(key);
}

function isAsking({ values, notValues }: Asked): boolean {
  return values.length > 0 || notValues.length > 0;
}

function askedBy(
  given: { readonly [name: string]: readonly string[] } | undefined,
  fields: { readonly [name: string]: RuleField },
): Asked[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    field,
    values: given?.[name] ?? [],
    notValues: given?.[notField(name)] ?? [],
  }));
}

function askedByCondition({ key, values = [], notValues = [] }: Condition): Asked {
  return { name: key, field: conditionField(key) as RuleField, values, notValues };
}

function aliased(each: Asked, domains: readonly string[]): Asked {
  if (each.field.aliases === undefined || domains.length === 0) return each;
  const all = each.field.aliases === "principals" ? withAliases : domainsWithAliases;
  return { ...each, values: all(each.values, domains), notValues: all(each.notValues, domains) };
}

function questionsOf(each: Asked, isHttp: boolean, place: RulePlace, dropped: string[]): Question[] {
  const { name, field, values, notValues } = each;
  const any = anyOf(name, field, values, isHttp, place, dropped);
  const notName = name.includes(".") ? `${name} not` : notField(name);
  const none = anyOf(notName, field, notValues, isHttp, place, dropped);
  return [
    ...(any === undefined ? [] : [any]),
    ...(none === undefined ? [] : [{ text: none.text, matches: (facts: CallFacts) => !none.matches(facts) }]),
  ];
}

/** Any of the values; none where no value is left to ask. */
function anyOf(
  name: string,
  field: RuleField,
  values: readonly string[],
  isHttp: boolean,
  { action, namespace }: RulePlace,
  dropped: string[],
): Question | undefined {
  const matches: Match[] = [];
  for (const value of values) {
    try {
      if (field.isHttp && !isHttp) throw new RuleFault(`"${name}" is HTTP only`);
      matches.push(field.match(value, namespace));
    } catch (error) {
      if (action === "ALLOW" || !(error instanceof RuleFault)) throw error;
      dropped.push(error.message);
    }
  }
  if (matches.length === 0) return undefined;
  const [only] = matches;
  const text = `${name} [${values.join(", ")}]`;
  return {
    text,
    matches: matches.length === 1 && only !== undefined ? only : (facts) => matches.some((each) => each(facts)),
  };
}
