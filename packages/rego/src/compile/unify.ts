import type { Term } from "../syntax/ast.ts";
import { compareTerms } from "../syntax/term-order.ts";
import { isSubset } from "./name-sets.ts";
import { hasParts, isComprehension } from "./parts.ts";
import { collectVars, safetyVars, type VarsOptions } from "./vars.ts";
import { walkTerm } from "./walk.ts";

type Names = ReadonlySet<string>;

const nothing: Names = new Set();

/**
 * The variables that `a = b` binds, given those that are bound before. `unknown`: variables that count as not bound between the two;
 * `left`: others that it is taken to bind.
 */
export function unifyOutputs(a: Term, b: Term, safe: Names, unknown = nothing, left = nothing): Set<string> {
  const known = new Set(safe);
  for (const name of left) known.add(name);
  collectRefOutputs(a, safe, known);
  collectRefOutputs(b, safe, known);
  for (const name of unknown) known.delete(name);
  const unifier = new Unifier(known);
  unifier.unify(a, b);
  for (const name of unifier.unified) known.add(name);
  for (const name of safe) known.delete(name);
  return known;
}

const operandVars: VarsOptions = { skipRefHead: true, skipCallOperators: true };

/** What a pattern binds: OPA takes the members of a set for that too, although nothing finds them. */
const patternVars: VarsOptions = { ...operandVars, skipObjectKeys: true, skipClosures: true };

/** Adds the variables that evaluating the refs of a term binds: their operands, where the head is bound. */
export function collectRefOutputs(term: Term, safe: Names, into: Set<string>): void {
  if (!hasParts(term)) return;
  walkTerm(
    term,
    (each) => {
      if (isComprehension(each) || each.kind === "templatestring") return false;
      if (each.kind !== "ref") return true;
      const head = each.terms[0] as Term;
      if (!isBound(head, safe)) return false;
      for (let i = 1; i < each.terms.length; i++) collectVars(each.terms[i] as Term, operandVars, into);
      return true;
    },
    true,
  );
}

function isBound(term: Term, safe: Names): boolean {
  if (term.kind === "var") return safe.has(term.name);
  const vars = new Set<string>();
  collectVars(term, safetyVars, vars);
  return isSubset(vars, safe);
}

/** Which variables become bound when two terms are made equal. A variable may wait for another. */
class Unifier {
  readonly #safe: Names;
  readonly unified = new Set<string>();
  /** Variable to those it needs before it is bound. */
  readonly #waiting = new Map<string, Set<string>>();

  constructor(safe: Names) {
    this.#safe = safe;
  }

  unify(a: Term, b: Term): void {
    if (a.kind === "var") this.#unifyVar(a.name, b);
    else if (b.kind === "var") this.#unifyVar(b.name, a);
    else if (isEvaluated(a)) this.#unifyValue(a, b);
    else if (isEvaluated(b)) this.#unifyValue(b, a);
    else if (a.kind === "array" && b.kind === "array") this.#unifyItems(a.items, b.items);
    else if (a.kind === "object" && b.kind === "object") this.#unifyEntries(a.entries, b.entries);
    else if (a.kind === "array" && isComprehension(b)) this.#markAll(a);
    // The other way round OPA looks at what the comprehension makes.
    else if (a.kind === `${b.kind}comprehension`) this.#markAll(b);
  }

  #unifyVar(name: string, other: Term): void {
    if (other.kind === "var") {
      if (this.#isSafe(other.name)) this.#mark(name);
      else if (this.#isSafe(name)) this.#mark(other.name);
      else {
        this.#wait(name, other.name);
        this.#wait(other.name, name);
      }
    } else if (other.kind === "array" || other.kind === "object") this.#unifyPattern(name, other);
    else if (isEvaluated(other)) {
      if (this.#isEvaluable(other)) this.#mark(name);
    } else this.#mark(name);
  }

  /** A variable and a pattern: whichever is bound binds the other. */
  #unifyPattern(name: string, pattern: Term): void {
    if (this.#isSafe(name)) {
      this.#markAll(pattern);
      return;
    }
    const open = [...varsOfPattern(pattern)].filter((each) => !this.#isSafe(each));
    if (open.length === 0) this.#mark(name);
    for (const each of open) this.#wait(name, each);
  }

  /** `value` binds the other side when it can be evaluated. */
  #unifyValue(value: Evaluated, other: Term): void {
    if ((other.kind === "array" || other.kind === "object") && this.#isEvaluable(value)) this.#markAll(other);
  }

  #unifyItems(left: readonly Term[], right: readonly Term[]): void {
    if (left.length !== right.length) return;
    left.forEach((item, i) => {
      this.unify(item, right[i] as Term);
    });
  }

  #unifyEntries(left: readonly (readonly [Term, Term])[], right: readonly (readonly [Term, Term])[]): void {
    if (left.length !== right.length) return;
    for (const [key, value] of left) {
      const other = right.find(([each]) => compareTerms(each, key) === 0);
      if (other !== undefined) this.unify(value, other[1]);
    }
  }

  /** What the two sides bind themselves does not count. */
  #isEvaluable(value: Evaluated): boolean {
    return isBound(value.kind === "ref" ? (value.terms[0] as Term) : value, this.#safe);
  }

  #isSafe(name: string): boolean {
    return this.#safe.has(name) || this.unified.has(name);
  }

  #wait(name: string, on: string): void {
    const waiting = this.#waiting.get(name) ?? new Set();
    waiting.add(on);
    this.#waiting.set(name, waiting);
  }

  #markAll(pattern: Term): void {
    for (const name of varsOfPattern(pattern)) this.#mark(name);
  }

  /** A variable that is bound binds the pattern it was made equal to, and lets others be bound that waited for it. */
  #mark(name: string): void {
    this.unified.add(name);
    const needed = this.#waiting.get(name);
    this.#waiting.delete(name);
    for (const each of needed ?? []) if (!this.#isSafe(each)) this.#mark(each);
    for (const [each, waiting] of [...this.#waiting]) {
      waiting.delete(name);
      if (waiting.size === 0 && this.#waiting.delete(each)) this.#mark(each);
    }
  }
}

type Evaluated = Extract<Term, { kind: "ref" | "call" }>;

function isEvaluated(term: Term): term is Evaluated {
  return term.kind === "ref" || term.kind === "call";
}

function varsOfPattern(term: Term): Set<string> {
  const vars = new Set<string>();
  collectVars(term, patternVars, vars);
  return vars;
}
