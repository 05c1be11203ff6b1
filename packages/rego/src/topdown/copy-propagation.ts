import type { Compiled } from "../compile/compiled.ts";
import { eqExpr, trueExpr, varTerm } from "../compile/make.ts";
import { nameOfRef } from "../compile/names.ts";
import { directBodies, directTerms, isComprehension } from "../compile/parts.ts";
import { mapExpr, mapTerm, type Rewriter } from "../compile/rewriter.ts";
import { bodyOutputs, exprOutputs, needsOf, rootDocuments } from "../compile/safety.ts";
import { functionName } from "../compile/text.ts";
import { safetyVars, varsOfBody, varsOfTerm } from "../compile/vars.ts";
import { walkExprs, walkTerm } from "../compile/walk.ts";
import type { Body, Expr, Location, Ref, Term } from "../syntax/ast.ts";
import { heldTerm } from "../syntax/distinct.ts";
import { compareTerms, hasPrefix } from "../syntax/term-order.ts";
import { compareStrings } from "../value/string-order.ts";
import { nowhere } from "./frame.ts";
import { UnionFind } from "./union-find.ts";

/**
 * Removes vars that only carry a value from one expression to another: `input.x = a; a > 1` becomes `input.x > 1`. Vars of `live` stay.
 * `neverEmpty`: an empty result becomes `true`.
 */
export function propagateCopies(query: Body, live: ReadonlySet<string>, compiled: Compiled, neverEmpty: boolean): Body {
  const result = new CopyPropagation(live, compiled).apply(query);
  return neverEmpty && result.length === 0 ? [trueExpr(query[0]?.loc ?? nowhere)] : result;
}

/** An equation that was taken out: the var, and the ref or call that it carries. */
interface Removed {
  readonly name: string;
  readonly value: Ref | Extract<Term, { kind: "call" }>;
}

class CopyPropagation {
  readonly #live: ReadonlySet<string>;
  readonly #compiled: Compiled;
  readonly #removed = new Map<string, Removed["value"]>();
  /** Made to keep a ref whose value nobody needs. */
  readonly #placeholders = new Set<string>();
  /** Vars that are heads of refs. */
  readonly #heads = new Set<string>();

  constructor(live: ReadonlySet<string>, compiled: Compiled) {
    this.#live = live;
    this.#compiled = compiled;
  }

  apply(query: Body): Body {
    const sets = equalVars(query, this.#live);
    if (sets === undefined) return query;
    this.#findHeads(query, sets);
    const kept: Expr[] = [];
    for (const expr of query) {
      const plugged = this.#simplifiedBodies(this.#plug(expr, sets), sets);
      if (this.#keeps(plugged)) kept.push(plugged);
    }
    this.#bindLive(kept, sets);
    return this.#restore(kept) ? kept : query;
  }

  /** A var that is the head of a ref must stay one: no constant takes its place. */
  #findHeads(query: Body, sets: UnionFind): void {
    walkRefs(query, ({ terms: [head] }) => {
      if (head?.kind !== "var") return;
      const root = sets.find(head.name);
      if (root !== undefined) root.constant = undefined;
      this.#heads.add(root?.name ?? head.name);
    });
  }

  #plug(expr: Expr, sets: UnionFind): Expr {
    const negated = expr.negated || expr.terms.kind === "not";
    const rewriter: Rewriter = {
      term: (term) => this.#plugTerm(term, negated, sets, rewriter),
      body: (body) => body.map((each) => mapExpr(each, rewriter)),
    };
    const { terms } = expr;
    const mapped = mapExpr(expr, rewriter);
    // Operators of calls are no vars.
    if (terms.kind !== "call" || mapped.terms.kind !== "call") return mapped;
    return { ...mapped, terms: { ...mapped.terms, operator: terms.operator } };
  }

  #plugTerm(term: Term, negated: boolean, sets: UnionFind, rewriter: Rewriter): Term {
    if (term.kind === "var") return this.#plugVar(term.name, term, negated, sets);
    if (term.kind === "call") return { ...(mapTerm(term, rewriter) as typeof term), operator: term.operator };
    if (term.kind !== "ref") return heldTerm(mapTerm(term, rewriter));
    return this.#plugRef(term, negated, sets, rewriter);
  }

  #plugVar(name: string, term: Term, negated: boolean, sets: UnionFind): Term {
    const root = sets.find(name);
    if (root?.constant !== undefined) return root.constant;
    const own = root?.name ?? name;
    const value = this.#removed.get(own);
    const variable = own === name ? term : varTerm(term.loc, own);
    if (value === undefined || (negated && !isGround(value)) || mentions(value, own)) return variable;
    return value;
  }

  #plugRef(ref: Ref, negated: boolean, sets: UnionFind, rewriter: Rewriter): Term {
    const [head, ...rest] = ref.terms as readonly [Term, ...Term[]];
    const operands = rest.map((each) => rewriter.term(each));
    const own = head.kind === "var" ? this.#headOf(head.name, head, sets) : rewriter.term(head);
    const value = own.kind === "var" ? this.#removed.get(own.name) : undefined;
    if (value === undefined || (negated && !isGround(value))) return { ...ref, terms: [own, ...operands] };
    return { ...ref, terms: [...(value.kind === "ref" ? value.terms : [value]), ...operands] };
  }

  #headOf(name: string, term: Term, sets: UnionFind): Term {
    const root = sets.find(name);
    return root === undefined ? term : (root.constant ?? varTerm(term.loc, root.name));
  }

  /** Bodies of `not` are simplified too; what is bound around them stays. */
  #simplifiedBodies(expr: Expr, sets: UnionFind): Expr {
    const { terms } = expr;
    if (terms.kind !== "not") return expr;
    const live = new Set<string>();
    for (const name of varsOfBody(terms.body, safetyVars))
      if (this.#live.has(name) || sets.find(name) !== undefined || this.#removed.has(name)) live.add(name);
    return { ...expr, terms: { ...terms, body: propagateCopies(terms.body, live, this.#compiled, true) } };
  }

  /** False for an expression that can go: what it binds was remembered. */
  #keeps(expr: Expr): boolean {
    const { terms } = expr;
    if (expr.negated || expr.with.length > 0) return true;
    if (terms.kind === "term") return !isTruth(terms.term);
    if (terms.kind !== "call") return true;
    const name = nameOfRef(terms.operator);
    const [a, b] = terms.args;
    if (name === "eq" && a !== undefined && b !== undefined) return this.#keepsEquation(a, b);
    const output = terms.args.at(-1);
    if (output?.kind === "var" && this.#arity(terms.operator) === terms.args.length - 1) {
      if (this.#live.has(output.name) || this.#heads.has(output.name)) return true;
      const { operator, args } = terms;
      this.#removed.set(output.name, { kind: "call", loc: expr.loc, operator, args: args.slice(0, -1) });
      return false;
    }
    return !(name === "equal" && a !== undefined && b !== undefined && compareTerms(a, b) === 0);
  }

  #keepsEquation(a: Term, b: Term): boolean {
    if (compareTerms(a, b) === 0) {
      if (a.kind === "ref" && a.terms[0]?.kind === "var" && this.#live.has(a.terms[0].name)) {
        const name = `__localcp${this.#placeholders.size}__`;
        this.#placeholders.add(name);
        this.#removed.set(name, a);
      }
      return false;
    }
    return !(this.#remove(a, b) || this.#remove(b, a));
  }

  #remove(a: Term, b: Term): boolean {
    if (a.kind !== "var" || this.#live.has(a.name) || (b.kind !== "ref" && b.kind !== "call")) return false;
    this.#removed.set(a.name, b);
    return true;
  }

  #arity(operator: Ref): number | undefined {
    return (
      this.#compiled.arities.get(functionName(operator)) ??
      this.#compiled.builtin(nameOfRef(operator) ?? "")?.args.length
    );
  }

  /** Vars that must stay are bound to what stands for them now. */
  #bindLive(kept: Expr[], sets: UnionFind): void {
    for (const name of [...this.#live].sort(compareStrings)) {
      const root = sets.find(name);
      if (root === undefined) continue;
      const value =
        root.constant ?? this.#removed.get(root.name) ?? (root.name === name ? undefined : varTerm(nowhere, root.name));
      if (value !== undefined) kept.push(plainEq(varTerm(nowhere, name), value));
    }
  }

  /** Puts back what bound vars that are still used, and refs and calls that are not used but must be defined. False when vars stay unsafe. */
  #restore(kept: Expr[]): boolean {
    const arity = (operator: Ref) => this.#arity(operator);
    const safe = new Set([...rootDocuments, ...this.#live]);
    for (const name of bodyOutputs(kept, safe, arity)) safe.add(name);
    const unsafe = new Set(kept.flatMap((expr) => [...needsOf(expr, arity)]));
    for (const name of safe) unsafe.delete(name);
    const removed = [...this.#removed].sort(([a], [b]) => compareStrings(b, a));
    for (const [name, value] of removed) {
      const equation = plainEq(varTerm(nowhere, name), value);
      const outputs = exprOutputs(equation, safe, arity, new Set());
      const isNeeded = [...outputs].some((each) => unsafe.delete(each));
      for (const each of outputs) unsafe.delete(each);
      if (!isNeeded && (isSafeVar(value, safe) || isContained(value, kept))) continue;
      kept.push(this.#placeholders.has(name) && value.kind === "ref" ? bare(value) : equation);
      for (const each of outputs) safe.add(each);
    }
    return unsafe.size === 0;
  }
}

function plainEq(a: Term, b: Term): Expr {
  const { generated: _, ...expr } = eqExpr(placeOf(a, b), a, b);
  return expr;
}

function placeOf(a: Term, b: Term): Location {
  return a.loc === nowhere ? b.loc : a.loc;
}

function bare(term: Term): Expr {
  return { kind: "expr", loc: term.loc, negated: false, with: [], terms: { kind: "term", term } };
}

/** `_ = input` says nothing. */
function isSafeVar(value: Term, safe: ReadonlySet<string>): boolean {
  if (value.kind !== "ref" || value.terms.length !== 1) return false;
  const [head] = value.terms;
  return head?.kind === "var" && safe.has(head.name);
}

function isTruth(term: Term): boolean {
  return isConstant(term) && !(term.kind === "boolean" && !term.value);
}

/** A term without vars, refs, calls or closures. */
function isConstant(term: Term): boolean {
  let constant = true;
  walkTerm(term, (each) => {
    if (each.kind === "var" || each.kind === "ref" || each.kind === "call" || isComprehension(each)) constant = false;
    return constant;
  });
  return constant;
}

/** A term without vars; heads of refs are none. */
function isGround(term: Term): boolean {
  return varsOfTerm(term, { skipRefHead: true, skipCallOperators: true }).size === 0;
}

function mentions(term: Term, name: string): boolean {
  return varsOfTerm(term).has(name);
}

/** Vars that the query makes equal; undefined when it can never hold. */
function equalVars(query: Body, live: ReadonlySet<string>): UnionFind | undefined {
  const sets = new UnionFind(live);
  for (const { terms, negated, with: overrides } of query) {
    if (terms.kind !== "call" || negated || overrides.length > 0 || nameOfRef(terms.operator) !== "eq") continue;
    const [a, b] = terms.args as readonly [Term, Term];
    if (a.kind === "var" && b.kind === "var") {
      if (!sets.merge(a.name, b.name)) return undefined;
    } else if (a.kind === "var" && isConstant(b)) {
      if (!giveConstant(sets, a.name, b)) return undefined;
    } else if (b.kind === "var" && isConstant(a) && !giveConstant(sets, b.name, a)) return undefined;
  }
  return sets;
}

function giveConstant(sets: UnionFind, name: string, constant: Term): boolean {
  const root = sets.add(name);
  if (root.constant !== undefined && compareTerms(root.constant, constant) !== 0) return false;
  root.constant = constant;
  return true;
}

/** True when the value stands somewhere in the body, closures left out; refs that go on from it count. */
function isContained(value: Term, body: Body): boolean {
  let found = false;
  const visit = (term: Term): boolean => {
    if (found || isComprehension(term)) return false;
    found = value.kind === "ref" && term.kind === "ref" ? hasPrefix(term, value) : compareTerms(term, value) === 0;
    return !found;
  };
  const visitExpr = (expr: Expr): void => {
    for (const term of directTerms(expr)) walkTerm(term, visit);
    if (expr.terms.kind !== "every") for (const inner of directBodies(expr)) inner.forEach(visitExpr);
    for (const each of expr.with) {
      walkTerm(each.target, visit);
      walkTerm(each.value, visit);
    }
  };
  body.forEach(visitExpr);
  return found;
}

function walkRefs(body: Body, visit: (ref: Ref) => void): void {
  const look = (term: Term): boolean => {
    if (term.kind === "ref") visit(term);
    return true;
  };
  walkExprs(body, (expr) => {
    for (const [i, term] of directTerms(expr).entries()) if (expr.terms.kind !== "call" || i > 0) walkTerm(term, look);
    for (const each of expr.with) {
      walkTerm(each.target, look);
      walkTerm(each.value, look);
    }
    return true;
  });
}
