import { walkExprs, walkExprsOfTerm } from "../compile/walk.ts";
import type { Expr, Term } from "../syntax/ast.ts";

/**
 * True for a target of `with` that OPA takes for no path of a document when it is evaluated: below `input` and `data`, keys must be
 * constant strings.
 */
export function isBadPath(target: Term): boolean {
  if (target.kind !== "ref") return false;
  const [head, ...keys] = target.terms;
  return (
    head?.kind === "var" &&
    (head.name === "input" || head.name === "data") &&
    keys.some(({ kind }) => kind !== "string")
  );
}

/** True when a `with` of the expression, or of one inside it, has such a target. */
export function hasBadPath(expr: Expr): boolean {
  return someExpr((visit) => walkExprs([expr], visit));
}

/** The same for the closures of a term. */
export function termHasBadPath(term: Term): boolean {
  return someExpr((visit) => walkExprsOfTerm(term, visit));
}

function someExpr(walk: (visit: (expr: Expr) => boolean) => void): boolean {
  let found = false;
  walk((expr) => {
    found ||= expr.with.some(({ target }) => isBadPath(target));
    return !found;
  });
  return found;
}
