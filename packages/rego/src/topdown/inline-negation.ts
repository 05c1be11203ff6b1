import { directTerms } from "../compile/parts.ts";
import { varsOfExpr } from "../compile/vars.ts";
import { walkTerm } from "../compile/walk.ts";
import type { Body, Expr, Term } from "../syntax/ast.ts";

/** Of more choices, a result would blow up. OPA's limit. */
const maxChoices = 16;

/**
 * True when the negation of some ways can stand in the query: when each expression can be negated by itself, which nested refs and calls
 * do not allow, nor vars that would become unsafe.
 */
export function isInlinable(safe: ReadonlySet<string>, queries: readonly Body[]): boolean {
  for (const query of queries)
    for (const expr of query) {
      if (hasNested(expr)) return false;
      if (!expr.negated && expr.terms.kind !== "not" && hasUnsafe(expr, safe)) return false;
    }
  return queries.reduce((size, query) => size * query.length, 1) <= maxChoices;
}

function hasUnsafe(expr: Expr, safe: ReadonlySet<string>): boolean {
  const vars = varsOfExpr(expr, { skipCallOperators: true, skipClosures: true });
  return [...vars].some((name) => !safe.has(name) && name !== "input" && name !== "data");
}

function hasNested(expr: Expr): boolean {
  const { terms } = expr;
  switch (terms.kind) {
    case "call": {
      const [operator, ...args] = directTerms(expr);
      const isEquation =
        operator?.kind === "ref" && operator.terms[0]?.kind === "var" && operator.terms[0].name === "eq";
      return args.some((arg) => (isEquation && arg.kind === "ref" ? arg.terms.slice(1) : [arg]).some(holdsRefOrCall));
    }
    case "term":
      return (terms.term.kind === "ref" ? terms.term.terms.slice(1) : [terms.term]).some(holdsRefOrCall);
    case "not":
      return terms.body.some(hasNested);
    default:
      return true;
  }
}

function holdsRefOrCall(term: Term): boolean {
  let found = false;
  walkTerm(term, (each) => {
    if (each.kind === "ref" || each.kind === "call") found = true;
    return !found;
  });
  return found;
}

/** What must hold for an expression not to. */
export function complement(expr: Expr): readonly Expr[] {
  if (expr.negated) return [{ ...expr, negated: false }];
  const { terms, loc } = expr;
  if (terms.kind === "not") return terms.body.map((each) => ({ ...each, with: [...each.with, ...expr.with] }));
  return [
    {
      kind: "expr",
      loc,
      negated: false,
      with: [],
      terms: { kind: "not", loc, body: [expr], explicitBody: false },
    },
  ];
}

/** All choices of one expression from each query, negated. */
export function complements(
  queries: readonly Body[],
  negate: (expr: Expr) => readonly Expr[],
): readonly (readonly Expr[])[] {
  return queries.reduce<readonly (readonly Expr[])[]>(
    (choices, query) => choices.flatMap((choice) => query.map((expr) => [...choice, ...negate(expr)])),
    [[]],
  );
}
