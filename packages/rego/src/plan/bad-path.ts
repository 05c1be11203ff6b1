import { walkExprs, walkExprsOfTerm } from "../compile/walk.ts";
import type { Body, Expr, Term } from "../syntax/ast.ts";

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
  return someExpr([expr], ({ with: withs }) => withs.some(({ target }) => isBadPath(target)));
}

/** The same for the closures of a term. */
export function termHasBadPath(term: Term): boolean {
  let found = false;
  walkExprsOfTerm(term, (expr) => {
    found ||= hasBadPath(expr);
    return !found;
  });
  return found;
}

function someExpr(body: Body, test: (expr: Expr) => boolean): boolean {
  let found = false;
  walkExprs(body, (expr) => {
    found ||= test(expr);
    return !found;
  });
  return found;
}
