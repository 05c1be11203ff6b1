import { eqExpr } from "../compile/make.ts";
import { isBuiltinNamed } from "../compile/names.ts";
import type { Body, Expr, Term } from "../syntax/ast.ts";
import { BlockWriter, falseOperand, trueOperand } from "./builder.ts";
import { planCallExpr } from "./calls.ts";
import { type Context, constantText, isConstant } from "./context.ts";
import { planEvery } from "./every.ts";
import type { Library } from "./library.ts";
import { closure, isBound, planBody, planTerm, type Scope } from "./scope.ts";
import { planTermHere } from "./terms.ts";
import { planWith } from "./with.ts";

/** A place in a new function or plan, without variables. */
export function createScope(library: Library, context: Context): Scope {
  const writer = new BlockWriter(library.builder);
  return { library, context, writer, vars: new Map(), recursion: { term: planTermHere, body: planBodyHere } };
}

/** What `planBody` does. */
function planBodyHere(scope: Scope, body: Body, next: () => void): void {
  planFrom(scope, body, 0, next);
}

function planFrom(scope: Scope, body: Body, at: number, next: () => void): void {
  const expr = body[at];
  if (expr === undefined) {
    next();
    return;
  }
  const equation = openEquation(scope, expr);
  const pairs = equation && pairsOf(equation);
  if (equation === undefined) {
    planExpr(scope, expr, () => planFrom(scope, body, at + 1, next));
  } else if (pairs === undefined) {
    planLater(scope, body, at, equation, next);
  } else {
    const parts = pairs.map(([a, b]) => eqExpr(expr.loc, a, b));
    planFrom(scope, body.toSpliced(at, 1, ...parts), at, next);
  }
}

/** Behind the next expression that does not wait itself; where all do, OPA shows names for values. */
function planLater(scope: Scope, body: Body, at: number, [a, b]: Equation, next: () => void): void {
  const expr = body[at] as Expr;
  const following = body.findIndex((each, i) => i > at && openEquation(scope, each) === undefined);
  if (following < 0) planExpr(scope, expr, () => planFrom(scope, body, at + 1, next));
  else planFrom(withAlias(scope, a, b), body.toSpliced(following + 1, 0, expr).toSpliced(at, 1), at, next);
}

function withAlias(scope: Scope, a: Term, b: Term): Scope {
  if (a.kind !== "var" || b.kind !== "var") return scope;
  return { ...scope, aliases: new Map([...(scope.aliases ?? []), [a.name, b.name]]) };
}

type Equation = readonly [Term, Term];

/**
 * Both sides of an equation of which neither has a value yet. OPA's check of safety lets such ones stand before what binds them; they
 * are made equal when it has.
 */
function openEquation(scope: Scope, { terms, negated, with: withs }: Expr): Equation | undefined {
  if (terms.kind !== "call" || negated || withs.length > 0 || !isBuiltinNamed(terms.operator, "eq")) return undefined;
  const [a, b, more] = terms.args;
  if (a === undefined || b === undefined || more !== undefined) return undefined;
  return isOpen(scope, a) && isOpen(scope, b) ? [a, b] : undefined;
}

/** Refs are looked up and comprehensions collected, whatever is bound: they bind variables of their own. */
function isOpen(scope: Scope, term: Term): boolean {
  switch (term.kind) {
    case "var":
      return !isBound(scope, term);
    case "array":
    case "set":
      return term.items.some((item) => isOpen(scope, item));
    case "object":
      return term.entries.some(([key, value]) => isOpen(scope, key) || isOpen(scope, value));
    default:
      return false;
  }
}

/** Of two patterns of one shape, what lies at the same places. */
function pairsOf([a, b]: Equation): readonly Equation[] | undefined {
  if (a.kind === "array" && b.kind === "array" && a.items.length === b.items.length)
    return a.items.map((item, i) => [item, b.items[i] as Term] as const);
  if (a.kind !== "object" || b.kind !== "object" || a.entries.length !== b.entries.length) return undefined;
  const values = new Map(b.entries.map(([key, value]) => [isConstant(key) ? constantText(key) : undefined, value]));
  const pairs = a.entries.flatMap(([key, value]) => {
    const other = isConstant(key) ? values.get(constantText(key)) : undefined;
    return other === undefined ? [] : [[value, other] as const];
  });
  return pairs.length === a.entries.length && values.size === pairs.length ? pairs : undefined;
}

function planExpr(scope: Scope, expr: Expr, next: () => void): void {
  scope.writer.at(expr.loc);
  if (expr.negated) planNot(scope, (inner, holds) => planExpr(inner, { ...expr, negated: false }, holds), next);
  else if (expr.with.length > 0) planWith(scope, expr, (inner, after) => planPlain(inner, expr, after), next);
  else planPlain(scope, expr, next);
}

/**
 * Holds when nothing that `inside` plans does; what that binds is not seen outside. A way through that stands in a loop, or is one
 * of several blocks, does not end the negation by itself: it sets a local.
 */
function planNot(scope: Scope, inside: (scope: Scope, holds: () => void) => void, next: () => void): void {
  const { writer } = scope;
  const held = writer.local();
  const depth = writer.depth + 1;
  let isNested = false;
  const block = writer.block(() => {
    inside(closure(scope), () => {
      if (writer.depth === depth) return;
      isNested = true;
      writer.emit("AssignVarStmt", { source: trueOperand, target: held });
      writer.emit("BreakStmt", { index: writer.depth - depth });
    });
  });
  if (isNested) {
    writer.emit("ResetLocalStmt", { target: held });
    writer.emit("BlockStmt", { blocks: [block] });
    writer.emit("IsUndefinedStmt", { source: held });
  } else writer.emit("NotStmt", { block });
  next();
}

function planPlain(scope: Scope, { terms }: Expr, next: () => void): void {
  switch (terms.kind) {
    case "not":
      planNot(scope, (inner, holds) => planBody(inner, terms.body, holds), next);
      return;
    case "every":
      planEvery(scope, terms, next);
      return;
    case "some":
      next();
      return;
    case "call":
      planCallExpr(scope, terms.operator, terms.args, next);
      return;
    case "term":
      planTruth(scope, terms.term, next);
      return;
    default:
      throw new Error(`invariant: ${terms.kind} is rewritten by the compiler`);
  }
}

/** A term as an expression holds unless it is false or undefined. */
function planTruth(scope: Scope, term: Term, next: () => void): void {
  planTerm(scope, term, (value) => {
    scope.writer.emit("NotEqualStmt", { a: value, b: falseOperand });
    next();
  });
}
