import type { Location, Rule } from "../syntax/ast.ts";
import { isObject } from "../value/access.ts";
import { canonicalText, equal, RegoSet, sortedEntries } from "../value/collection.ts";
import { compareStrings } from "../value/string-order.ts";
import type { Value } from "../value/value.ts";
import type { Node, Step, WalkedRule } from "./node.ts";

/** What may hold, given what is known of `input`, base data and the arguments: found without evaluating a rule. */
export interface Candidates {
  readonly rules: readonly WalkedRule[];
  /** The `else` branches that may hold, by the rule that stands for their chain. */
  readonly otherwise: ReadonlyMap<WalkedRule, readonly WalkedRule[]>;
  readonly defaultRule: WalkedRule | undefined;
  /** They can only answer one and the same value, so that one of them is enough. */
  readonly earlyExit: boolean;
}

/** Looked up in this way: a document, or an argument by its number. */
export type Subject =
  | { readonly kind: "ref"; readonly terms: readonly Node[] }
  | { readonly kind: "arg"; readonly at: number };

/** In partial evaluation, all may hold of it. */
export const unknownValue: unique symbol = Symbol("unknown");
/** Of an argument without a value, only what any value has holds. */
export const unboundValue: unique symbol = Symbol("unbound");

/** What is known of a subject. */
export type Look = (subject: Subject) => Value | typeof unknownValue | typeof unboundValue | undefined;

/** A pattern that the subject's value must match: any value, this value, or an array with gaps. */
type Pattern = { readonly kind: "any" } | { readonly kind: "value"; readonly node: Node };

/** What a rule's body asks of a subject. */
export interface Condition {
  readonly subject: Subject;
  /** The place of the expression that asks it. */
  readonly at: number;
  readonly text: string;
  pattern: Pattern;
  /** The var that was equated with the subject. */
  readonly variable: string | undefined;
  /** Of `glob.match`: the value is split at these first. */
  readonly delimiters: string | undefined;
}

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

/** How often rules ask of a subject, and where the first does; arguments have no place. */
interface Use {
  count: number;
  readonly loc: Location | undefined;
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

function membersOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (value instanceof RegoSet) return value.items;
  return isObject(value) ? sortedEntries(value).map(([, each]) => each) : [];
}

function isScalar(value: Value): boolean {
  return !Array.isArray(value) && !(value instanceof RegoSet) && !isObject(value);
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

function subjectText(subject: Subject): string {
  if (subject.kind === "arg") return `args[${subject.at}]`;
  return subject.terms
    .map((each) => (each.kind === "known" ? canonicalText(each.value) : each.kind === "var" ? each.name : ""))
    .join();
}

/** These would not be called for rules that are left out. */
const sideEffects: ReadonlySet<string> = new Set(["internal.print", "internal.test_case"]);

function conditionsOf(
  rule: WalkedRule,
  isVirtual: (ref: readonly Node[]) => boolean,
  frequency: Map<string, Use>,
): { readonly rule: WalkedRule; readonly found: readonly Condition[] } {
  const finder = new ConditionFinder(rule, isVirtual, frequency);
  if (!rule.body.some(({ terms }) => terms.kind === "call" && sideEffects.has(terms.name)))
    for (const [at, step] of rule.body.entries()) if (step.with.length === 0 && !step.negated) finder.add(step, at);
  return { rule, found: finder.found };
}

/** Finds what a rule's body says of documents and arguments, expression by expression. */
class ConditionFinder {
  readonly found: Condition[] = [];
  readonly #args: readonly Node[];
  readonly #isVirtual: (ref: readonly Node[]) => boolean;
  readonly #frequency: Map<string, Use>;
  /** Vars that were equated with constants. */
  readonly #constants = new Map<string, Node>();
  #at = 0;
  #loc: Location | undefined;

  constructor(rule: WalkedRule, isVirtual: (ref: readonly Node[]) => boolean, frequency: Map<string, Use>) {
    this.#args = rule.args ?? [];
    this.#isVirtual = isVirtual;
    this.#frequency = frequency;
  }

  add({ terms, loc }: Step, at: number): void {
    this.#at = at;
    this.#loc = loc;
    if (terms.kind === "term") {
      if (terms.term.kind === "ref") this.#addRef(terms.term, undefined);
      return;
    }
    if (terms.kind !== "call") return;
    const [a, b, c] = terms.args as readonly [Node, Node, Node];
    const operands = terms.args.length;
    if (terms.name === "eq" || (terms.name === "equal" && operands === 2)) this.#addEquation(a, b);
    else if (terms.name === "glob.match" && operands === 3) this.#addGlob(a, b, c);
    else if (terms.name === "internal.member_2" && operands === 2) this.#addMember(a, b);
  }

  #addEquation(a: Node, b: Node): void {
    if (this.#addWildcard(a, b) || this.#addWildcard(b, a)) return;
    if (!this.#addSide(a, b)) this.#addSide(b, a);
  }

  /** `input.xs[_] = "a"`: the value is among the members. */
  #addWildcard(ref: Node, other: Node): boolean {
    if (ref.kind !== "ref" || ref.terms.length < 2) return false;
    const prefix = ref.terms.slice(0, -1);
    if (ref.terms.at(-1)?.kind === "known" || !this.#isValid(prefix)) return false;
    const value = this.#resolved(other);
    if (value.kind !== "known" || !isScalar(value.value)) return false;
    this.#insert({ kind: "ref", terms: prefix }, value);
    return true;
  }

  #addSide(a: Node, b: Node): boolean {
    if (a.kind === "var") {
      if (b.kind === "known") this.#constants.set(a.name, b);
      if (!isIndexable(b)) return false;
      const subject = this.#subjectOf(a.name);
      if (subject === undefined) return false;
      this.#insert(subject, b);
      return true;
    }
    return a.kind === "ref" && this.#addRef(a, b);
  }

  #addRef({ terms }: { readonly terms: readonly Node[] }, other: Node | undefined): boolean {
    if (!this.#isValid(terms)) return false;
    if (other === undefined) {
      this.#insert({ kind: "ref", terms }, undefined);
      return true;
    }
    const value = this.#resolved(other);
    if (other.kind !== "var" && !isIndexable(value)) return false;
    this.#insert({ kind: "ref", terms }, value);
    return true;
  }

  #addGlob(pattern: Node, delimiters: Node, match: Node): void {
    const subject = match.kind === "var" ? this.#subjectOf(match.name) : undefined;
    if (subject === undefined || pattern.kind !== "known" || typeof pattern.value !== "string") return;
    const signs = delimiterText(delimiters);
    const parts = signs === undefined ? undefined : globParts(pattern.value, signs);
    if (parts !== undefined) this.#insert(subject, { kind: "array", items: parts }, signs);
  }

  #addMember(a: Node, b: Node): void {
    const subject = a.kind === "var" ? this.#subjectOf(a.name) : undefined;
    if (subject !== undefined) {
      const collection = this.#resolved(b);
      for (const each of itemsOf(collection)) this.#insert(subject, each);
      return;
    }
    const value = this.#resolved(a);
    if (value.kind === "known" && !isScalar(value.value)) return;
    const other =
      b.kind === "ref"
        ? ({ kind: "ref", terms: b.terms } as const)
        : b.kind === "var"
          ? this.#subjectOf(b.name)
          : undefined;
    if (other?.kind === "ref" && this.#isValid(other.terms)) this.#insert(other, value);
  }

  #resolved(node: Node): Node {
    return node.kind === "var" ? (this.#constants.get(node.name) ?? node) : node;
  }

  #isValid(terms: readonly Node[]): boolean {
    const [head, ...rest] = terms;
    if (head?.kind !== "var" || (head.name !== "input" && head.name !== "data")) return false;
    return rest.every(({ kind }) => kind === "known") && !(head.name === "data" && this.#isVirtual(terms));
  }

  /** The document or argument that a var was equated with. */
  #subjectOf(name: string): Subject | undefined {
    const known = this.found.find(({ variable }) => variable === name);
    if (known !== undefined) return known.subject;
    const at = this.#args.findIndex((arg) => arg.kind === "var" && arg.name === name);
    return at < 0 ? undefined : { kind: "arg", at };
  }

  #insert(subject: Subject, node: Node | undefined, delimiters?: string): void {
    const text = subjectText(subject);
    const use = this.#frequency.get(text) ?? { count: 0, loc: subject.kind === "arg" ? undefined : this.#loc };
    use.count++;
    this.#frequency.set(text, use);
    const isOpen = node === undefined || node.kind === "var";
    const made: Condition = {
      subject,
      at: this.#at,
      text,
      pattern: isOpen ? { kind: "any" } : { kind: "value", node },
      variable: node?.kind === "var" ? node.name : undefined,
      delimiters,
    };
    for (const [i, other] of this.found.entries()) {
      if (other.text !== text) continue;
      if (isSame(other, made)) return;
      if (!isOpen && other.pattern.kind === "any") {
        this.found[i] = made;
        return;
      }
    }
    this.found.push(made);
  }
}

function isSame(a: Condition, b: Condition): boolean {
  if (a.pattern.kind === "any" || b.pattern.kind === "any")
    return a.pattern.kind === b.pattern.kind && a.variable === b.variable;
  const [left, right] = [a.pattern.node, b.pattern.node];
  return left.kind === "known" && right.kind === "known" && equal(left.value, right.value);
}

/** Scalars, vars, and arrays of them. */
function isIndexable(node: Node): boolean {
  if (node.kind === "var") return true;
  if (node.kind === "array")
    return node.items.every((each) => each.kind === "var" || (each.kind === "known" && isScalar(each.value)));
  if (node.kind !== "known") return false;
  return isScalar(node.value) || (Array.isArray(node.value) && node.value.every((each: Value) => isScalar(each)));
}

function itemsOf(node: Node): readonly Node[] {
  if (node.kind === "known") return membersOf(node.value).map((value) => ({ kind: "known", value }));
  if (node.kind === "array" || node.kind === "set") return node.items;
  return node.kind === "object" ? node.entries.map(([, value]) => value) : [];
}

function delimiterText(node: Node): string | undefined {
  if (node.kind !== "known" || !Array.isArray(node.value)) return undefined;
  const signs = node.value as readonly Value[];
  if (!signs.every((each) => typeof each === "string")) return undefined;
  return signs.length === 0 ? "." : signs.join("");
}

/** A glob as an array of its parts, `*` being a gap; undefined for patterns that say more. */
function globParts(pattern: string, delimiters: string): readonly Node[] | undefined {
  const parts = splitAt(pattern, delimiters);
  if (parts.some((part) => part !== "*" && /(^|[^\\])(\\\\)*[[?{*]/.test(part))) return undefined;
  return parts.map((part): Node => (part === "*" ? { kind: "var", name: "$gap" } : { kind: "known", value: part }));
}

/** Splits at delimiters that are not escaped by a backslash. */
function splitAt(text: string, delimiters: string): readonly string[] {
  const parts: string[] = [];
  let last = 0;
  let isEscaped = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] as string;
    if (sign === "\\" || isEscaped) isEscaped = !isEscaped;
    else if (delimiters.includes(sign)) {
      parts.push(text.slice(last, i));
      last = i + 1;
    }
  }
  return [...parts, text.slice(last)];
}
