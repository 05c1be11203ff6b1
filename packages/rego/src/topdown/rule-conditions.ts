import type { Location } from "../syntax/ast.ts";
import { isObject } from "../value/access.ts";
import { canonicalText, equal, RegoSet, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { delimiterText, globParts } from "./glob-parts.ts";
import type { Node, Step, WalkedRule } from "./node.ts";

/** Looked up in this way: a document, or an argument by its number. */
export type Subject =
  | { readonly kind: "ref"; readonly terms: readonly Node[] }
  | { readonly kind: "arg"; readonly at: number };

/** A pattern that the subject's value must match: any value, this value, or an array with gaps. */
export type Pattern = { readonly kind: "any" } | { readonly kind: "value"; readonly node: Node };

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

/** How often rules ask of a subject, and where the first does; arguments have no place. */
export interface Use {
  count: number;
  readonly loc: Location | undefined;
}

/** The members of a collection; none of a scalar. */
export function membersOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (value instanceof RegoSet) return value.items;
  return isObject(value) ? sortedEntries(value).map(([, each]) => each) : [];
}

/** True for what is no collection. */
export function isScalar(value: Value): boolean {
  return !Array.isArray(value) && !(value instanceof RegoSet) && !isObject(value);
}

/** The same for the same subject, and for no other. */
export function subjectText(subject: Subject): string {
  if (subject.kind === "arg") return `args[${subject.at}]`;
  return subject.terms
    .map((each) => (each.kind === "known" ? canonicalText(each.value) : each.kind === "var" ? each.name : ""))
    .join();
}

/** These would not be called for rules that are left out. */
const sideEffects: ReadonlySet<string> = new Set(["internal.print", "internal.test_case"]);

/** What the body of a rule asks of documents and arguments; how often each is asked is counted. */
export function conditionsOf(
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
      const items = itemsOf(this.#resolved(b));
      // What is not known yet may be the member.
      if (items.every(({ kind }) => kind === "known")) for (const each of items) this.#insert(subject, each);
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
