import type { Rule } from "../syntax/ast.ts";
import { equal } from "../value/collection.ts";
import { compareStrings } from "../value/string-order.ts";
import type { Value } from "../value/value.ts";
import { splitAt } from "./glob-parts.ts";
import type { Node, WalkedRule } from "./node.ts";
import {
  type Condition,
  conditionsOf,
  isScalar,
  membersOf,
  type Pattern,
  type Subject,
  subjectText,
  type Use,
} from "./rule-conditions.ts";

/** What may hold, given what is known of `input`, base data and the arguments: found without evaluating a rule. */
export interface Candidates {
  readonly rules: readonly WalkedRule[];
  /** The `else` branches that may hold, by the rule that stands for their chain. */
  readonly otherwise: ReadonlyMap<WalkedRule, readonly WalkedRule[]>;
  readonly defaultRule: WalkedRule | undefined;
  /** They can only answer one and the same value, so that one of them is enough. */
  readonly earlyExit: boolean;
}

/** In partial evaluation, all may hold of it. */
export const unknownValue: unique symbol = Symbol("unknown");
/** Of an argument without a value, only what any value has holds. */
export const unboundValue: unique symbol = Symbol("unbound");

/** What is known of a subject. */
export type Look = (subject: Subject) => Value | typeof unknownValue | typeof unboundValue | undefined;

export interface Indexed {
  readonly rule: WalkedRule;
  readonly conditions: readonly (readonly Condition[])[];
  /** Where OPA's trie holds the rule: which branch at each subject. What lies on the way comes first, then lower branches. */
  readonly path: readonly number[];
}

/** OPA's rule index: rules by what their bodies equate with documents. https://www.openpolicyagent.org/docs/policy-performance#use-indexed-statements */
export class RuleIndex {
  readonly isSet: boolean;
  readonly onlyGroundRefs: boolean;
  readonly #chains: readonly (readonly Indexed[])[];
  readonly #default: WalkedRule | undefined;

  constructor(rules: readonly WalkedRule[], isVirtual: (ref: readonly Node[]) => boolean) {
    this.isSet = rules[0]?.isSet === true;
    const normal = rules.filter(({ isDefault }) => !isDefault);
    this.#default = rules.findLast(({ isDefault }) => isDefault);
    this.onlyGroundRefs = normal.every(({ ref }) => ref.slice(1).every(({ kind }) => kind === "known"));
    const frequency = new Map<string, Use>();
    const chains = normal.map((rule) =>
      [rule, ...rule.otherwise].map((each) => conditionsOf(each, isVirtual, frequency)),
    );
    const subjects = [...frequency].sort(([, a], [, b]) => compareUses(a, b)).map(([text]) => text);
    this.#chains = chains.map((chain) =>
      chain.map(({ rule, found }) => {
        const conditions = grouped(found, subjects);
        return { rule, conditions, path: pathOf(conditions, subjects) };
      }),
    );
  }

  /** What is asked of one of the rules, or of a branch; of each condition some alternatives. */
  entryOf(rule: Rule): Indexed {
    return this.#chains.flat().find((each) => each.rule.source === rule) as Indexed;
  }

  /** The rules in the order in which the trie comes to them, where all may hold. */
  order(): readonly Rule[] {
    return this.#chains.toSorted(byPath).flatMap(([first]) => first?.rule.source ?? []);
  }

  /** The rules that may hold. */
  candidates(look: Look): Candidates {
    const seen = new Map<string, ReturnType<Look>>();
    const ask: Look = (subject) => {
      const text = subjectText(subject);
      if (!seen.has(text)) seen.set(text, look(subject));
      return seen.get(text);
    };
    const rules: WalkedRule[] = [];
    const otherwise = new Map<WalkedRule, readonly WalkedRule[]>();
    const chains = this.#chains.map((chain) => chain.filter(({ conditions }) => mayHold(conditions, ask)));
    for (const chain of chains.sort(byPath)) {
      const [first, ...rest] = chain.map(({ rule }) => rule);
      if (first === undefined) continue;
      rules.push(first);
      if (rest.length > 0) otherwise.set(first, rest);
    }
    const all = rules.flatMap((rule) => [rule, ...(otherwise.get(rule) ?? [])]);
    return { rules, otherwise, defaultRule: this.#default, earlyExit: haveOneValue(all) };
  }
}

function compareUses(a: Use, b: Use): number {
  if (a.count !== b.count) return b.count - a.count;
  if (a.loc === undefined || b.loc === undefined) return Number(a.loc === undefined) - Number(b.loc === undefined);
  return compareStrings(a.loc.file, b.loc.file) || a.loc.row - b.loc.row || a.loc.col - b.loc.col;
}

function haveOneValue(rules: readonly WalkedRule[]): boolean {
  const [first] = rules;
  if (first === undefined) return true;
  return rules.every(({ isSet, isEntry, value }) => {
    if (isSet || isEntry) return false;
    return value?.kind === "known" && first.value?.kind === "known" && equal(value.value, first.value.value);
  });
}

function mayHold(conditions: readonly (readonly Condition[])[], look: Look): boolean {
  return conditions.every((alternatives) => {
    const value = look((alternatives[0] as Condition).subject);
    if (value === unknownValue) return true;
    if (value === unboundValue) return alternatives.some(({ pattern }) => pattern.kind === "any");
    return value !== undefined && alternatives.some(({ pattern, delimiters }) => matches(pattern, value, delimiters));
  });
}

function matches(pattern: Pattern, value: Value, delimiters: string | undefined): boolean {
  if (pattern.kind === "any") return true;
  if (matchesNode(pattern.node, value)) return true;
  return delimiters !== undefined && typeof value === "string" && matchesNode(pattern.node, splitAt(value, delimiters));
}

/** A scalar is also looked for among the members of a collection: `x in input.xs` is indexed by x. */
function matchesNode(node: Node, value: Value): boolean {
  if (node.kind === "array" || (node.kind === "known" && Array.isArray(node.value))) {
    const items =
      node.kind === "array"
        ? node.items
        : (node.value as readonly Value[]).map((each) => ({ kind: "known", value: each }) as Node);
    if (!Array.isArray(value) || value.length !== items.length) return false;
    return items.every(
      (item, i) => item.kind !== "known" || !isScalar(item.value) || equal(item.value, value[i] as Value),
    );
  }
  if (node.kind !== "known" || !isScalar(node.value)) return true;
  const wanted = node.value;
  return isScalar(value) ? equal(value, wanted) : membersOf(value).some((each) => equal(each, wanted));
}

/** In the order of subjects. A condition with several values ends the list: OPA's trie branches there. */
function grouped(found: readonly Condition[], subjects: readonly string[]): readonly (readonly Condition[])[] {
  const sorted = subjects.map((text) => found.filter((each) => each.text === text)).filter(({ length }) => length > 0);
  const branching = sorted.findIndex(isBranching);
  const kept = branching < 0 ? sorted : sorted.slice(0, branching + 1);
  return kept.map((each) => {
    const any = each.find(({ pattern }) => pattern.kind === "any");
    return any === undefined || each.length === 1 ? each : [any];
  });
}

function isBranching(conditions: readonly Condition[]): boolean {
  return conditions.length > 1 && conditions.every(({ pattern }) => pattern.kind !== "any");
}

/** Branches of the trie in the order in which they are looked at. */
const branches = { none: 0, any: 1, array: 2, scalar: 3 } as const;

function pathOf(conditions: readonly (readonly Condition[])[], subjects: readonly string[]): readonly number[] {
  if (conditions.length === 0) return [];
  const path: number[] = [];
  for (const text of subjects) {
    const own = conditions.find(([first]) => first?.text === text);
    path.push(own === undefined ? branches.none : branchOf(own[0] as Condition));
    if (own !== undefined && isBranching(own)) break;
  }
  return path;
}

function branchOf({ pattern }: Condition): number {
  if (pattern.kind === "any") return branches.any;
  return pattern.node.kind === "known" && isScalar(pattern.node.value) ? branches.scalar : branches.array;
}

/** Chains by the first of their rules that the trie comes to. */
function byPath(a: readonly Indexed[], b: readonly Indexed[]): number {
  return comparePaths(firstPath(a), firstPath(b));
}

function firstPath(chain: readonly Indexed[]): readonly number[] {
  return chain
    .map(({ path }) => path)
    .reduce((first, path) => (comparePaths(path, first) < 0 ? path : first), chain[0]?.path ?? []);
}

function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}
