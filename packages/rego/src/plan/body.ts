import { isBuiltinNamed } from "../compile/names.ts";
import type { Body, Expr, Term } from "../syntax/ast.ts";
import { BlockWriter, falseOperand, trueOperand } from "./builder.ts";
import { planCallExpr } from "./calls.ts";
import type { Context } from "./context.ts";
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
  const following = isOfUnbound(scope, expr)
    ? body.findIndex((each, i) => i > at && !isOfUnbound(scope, each))
    : undefined;
  if (following === undefined || following < 0) planExpr(scope, expr, () => planFrom(scope, body, at + 1, next));
  else planFrom(withAlias(scope, expr), body.toSpliced(following + 1, 0, expr).toSpliced(at, 1), at, next);
}

function withAlias(scope: Scope, { terms }: Expr): Scope {
  const [a, b] = terms.kind === "call" ? terms.args : [];
  if (a?.kind !== "var" || b?.kind !== "var") return scope;
  return { ...scope, aliases: new Map([...(scope.aliases ?? []), [a.name, b.name]]) };
}

/** OPA's check of safety lets two variables be made equal before one of them is bound; they are made so when it is. */
function isOfUnbound(scope: Scope, { terms, negated, with: withs }: Expr): boolean {
  if (terms.kind !== "call" || negated || withs.length > 0 || !isBuiltinNamed(terms.operator, "eq")) return false;
  return terms.args.every((arg) => arg.kind === "var" && !isBound(scope, arg));
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
