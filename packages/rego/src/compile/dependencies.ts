import type { Body, Expr, Ref, Rule, Term } from "../syntax/ast.ts";
import { compareTerms } from "../syntax/term-order.ts";
import { compareStrings } from "../value/string-order.ts";
import type { RuleNode } from "./compiled.ts";
import { nameOfRef } from "./names.ts";
import { headTerms } from "./parts.ts";
import { collectRules } from "./recursion.ts";
import { refText } from "./text.ts";
import { walkExprs, walkTerm } from "./walk.ts";

/** What a query depends on, as `opa deps` tells it: refs of constants that begin with `input` or `data`, sorted by their text. */
export interface Dependencies {
  /** Documents that come from outside: the part of each ref before its first variable. */
  readonly base: readonly Ref[];
  /** Rules and functions. */
  readonly virtual: readonly Ref[];
}

/**
 * The documents that a query, as parsed, and all rules below it read. What is only bound to a variable that nothing uses is not read.
 * As OPA, it does not look into else branches.
 */
export function dependenciesOf(body: Body, root: RuleNode): Dependencies {
  const base = new Map<string, Ref>();
  const virtual = new Map<string, Ref>();
  const seen = new Set<Rule>();
  const waiting: (readonly Ref[])[] = [readsOf(body, [])];
  for (let refs = waiting.pop(); refs !== undefined; refs = waiting.pop()) {
    for (const ref of refs) {
      const rules = rulesOf(ref, root);
      const cut = constantPart(ref);
      if (rules.size === 0) base.set(refText(cut), cut);
      for (const rule of rules) {
        if (seen.has(rule)) continue;
        seen.add(rule);
        const path = rulePath(rule);
        virtual.set(refText(path), path);
        waiting.push(readsOf(rule.body, headTerms(rule)));
      }
    }
  }
  return { base: sorted(base), virtual: sorted(virtual) };
}

function sorted(refs: ReadonlyMap<string, Ref>): readonly Ref[] {
  return [...refs].sort(([a], [b]) => compareStrings(a, b)).map(([, ref]) => ref);
}

/** The rules that a ref may reach; none for what lies below `input`. */
function rulesOf({ terms: [head, ...operands] }: Ref, root: RuleNode): ReadonlySet<Rule> {
  const rules = new Set<Rule>();
  if (head?.kind === "var" && head.name === "data") collectRules(root, operands, rules);
  for (const { else: otherwise } of [...rules]) if (otherwise !== undefined) rules.delete(otherwise);
  return rules;
}

function constantPart(ref: Ref): Ref {
  const open = ref.terms.findIndex((term, i) => i > 0 && !isScalar(term));
  return open < 0 ? ref : { ...ref, terms: ref.terms.slice(0, open) };
}

/** A rule's ref down to its first variable. */
function rulePath({ head }: Rule): Ref {
  const open = head.ref.terms.findIndex((term, i) => i > 0 && term.kind !== "string");
  return open < 0 ? head.ref : { ...head.ref, terms: head.ref.terms.slice(0, open) };
}

function isScalar({ kind }: Term): boolean {
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "null";
}

/** The refs to documents that a body and the terms behind it read, without those that lie inside others. */
function readsOf(body: Body, behind: readonly Term[]): readonly Ref[] {
  const reader = new BodyReader(body);
  for (const term of behind) reader.term(term);
  return reader.refs();
}

class BodyReader {
  /** Variables that stand for a ref, and the expressions that say so. */
  readonly #bound = new Map<string, Ref>();
  readonly #bindings = new Set<Expr>();
  readonly #followed = new Set<string>();
  readonly #found = new Map<string, Ref>();

  constructor(body: Body) {
    const elements = new Set<string>();
    walkExprs(body, (expr) => {
      this.#noteBinding(expr, elements);
      return true;
    });
    walkExprs(body, (expr) => {
      this.#expr(expr);
      return true;
    });
  }

  refs(): readonly Ref[] {
    const all = [...this.#found.values()];
    return all.filter((ref) => !all.some((other) => other !== ref && isPrefix(other, ref)));
  }

  /** `elements`: variables of `every`, which are bound by it. */
  #noteBinding(expr: Expr, elements: Set<string>): void {
    const { terms } = expr;
    if (terms.kind === "every")
      for (const term of [terms.key, terms.value]) if (term?.kind === "var") elements.add(term.name);
    if (terms.kind !== "call" || !isEquation(terms.operator) || expr.negated) return;
    const [a, b] = terms.args as readonly [Term, Term];
    const [variable, value] = a.kind === "var" ? [a, b] : [b, a];
    if (variable.kind !== "var" || value.kind !== "ref") return;
    if (this.#bound.has(variable.name) || elements.has(variable.name)) return;
    this.#bound.set(variable.name, value);
    this.#bindings.add(expr);
  }

  #expr(expr: Expr): void {
    const { terms } = expr;
    for (const { target } of expr.with) if (target.kind === "ref" && target.terms.length > 1) this.#add(target);
    if (terms.kind === "term") this.term(terms.term);
    if (terms.kind === "every") this.term(terms.domain);
    if (terms.kind === "some") for (const symbol of terms.symbols) this.term(symbol);
    if (terms.kind !== "call") return;
    const operator = terms.operator;
    if (operator.terms.length > 1) this.#add(operator);
    const binding = this.#bindings.has(expr);
    for (const arg of terms.args) {
      if (!binding) this.term(arg);
      // What a binding reads counts when its variable is used; its operands are read at once.
      else if (arg.kind === "ref") this.#operands(arg);
    }
  }

  /** Reads a term that is used, without the bodies of closures: their expressions come by themselves. */
  term(term: Term): void {
    walkTerm(term, (each) => {
      if (each.kind === "var") this.#use(each.name);
      if (each.kind === "ref") this.#ref(each);
      if (each.kind.endsWith("comprehension")) this.#collected(each);
      return each.kind !== "ref" && !each.kind.endsWith("comprehension");
    });
  }

  #collected(term: Term): void {
    if (term.kind === "objectcomprehension") {
      this.term(term.key);
      this.term(term.value);
    } else if (term.kind === "arraycomprehension" || term.kind === "setcomprehension") this.term(term.term);
  }

  #operands({ terms }: Ref): void {
    for (const operand of terms.slice(1)) this.term(operand);
  }

  #ref(ref: Ref): void {
    const [head, ...operands] = ref.terms as readonly [Term, ...Term[]];
    for (const operand of operands) this.term(operand);
    if (head.kind !== "var") {
      this.term(head);
      return;
    }
    const bound = this.#bound.get(head.name);
    if (bound === undefined) this.#add(ref);
    else if (bound.terms.slice(1).every(isScalar)) this.#add({ ...bound, terms: [...bound.terms, ...operands] });
    else this.#follow(head.name, bound);
  }

  #use(name: string): void {
    const bound = this.#bound.get(name);
    if (bound !== undefined) this.#follow(name, bound);
  }

  /** Reads what a variable stands for, once. */
  #follow(name: string, bound: Ref): void {
    if (this.#followed.has(name)) return;
    this.#followed.add(name);
    this.#ref(bound);
  }

  #add(ref: Ref): void {
    const head = ref.terms[0];
    if (head?.kind !== "var" || (head.name !== "input" && head.name !== "data")) return;
    this.#found.set(refText(ref), ref);
  }
}

function isEquation(operator: Ref): boolean {
  const name = nameOfRef(operator);
  return name === "eq" || name === "assign";
}

/** True when `ref` goes on behind `prefix`. */
function isPrefix(prefix: Ref, ref: Ref): boolean {
  return (
    prefix.terms.length <= ref.terms.length &&
    prefix.terms.every((term, i) => compareTerms(term, ref.terms[i] as Term) === 0)
  );
}
