import type { Body, Expr, Term, With } from "../syntax/ast.ts";
import { comprehensionTerms, directBodies, directTerms, hasParts, isComprehension } from "./parts.ts";

// These walks run before V8 has optimised anything: until then a loop by index takes a fraction of what an iterator does, and a `switch`
// compares from its first case on, so that the kinds of which there are most come first.

type Visit = (term: Term) => boolean;

/**
 * Calls `visit` for the term and, while it answers true, for all terms inside it, closures included; with `skipsLeaves` not for variables
 * and strings, which most terms are.
 */
export function walkTerm(term: Term, visit: Visit, skipsLeaves = false): void {
  if ((skipsLeaves && (term.kind === "var" || term.kind === "string")) || !visit(term)) return;
  switch (term.kind) {
    case "var":
    case "string":
      return;
    case "ref":
      walkTerms(term.terms, visit, skipsLeaves);
      return;
    case "array":
    case "set":
      walkTerms(term.items, visit, skipsLeaves);
      return;
    case "object":
      for (let i = 0; i < term.entries.length; i++)
        walkTerms(term.entries[i] as readonly [Term, Term], visit, skipsLeaves);
      return;
    case "call":
      walkTerm(term.operator, visit, skipsLeaves);
      walkTerms(term.args, visit, skipsLeaves);
      return;
    case "arraycomprehension":
    case "setcomprehension":
      walkTerm(term.term, visit, skipsLeaves);
      walkBody(term.body, visit, skipsLeaves);
      return;
    case "objectcomprehension":
      walkTerm(term.key, visit, skipsLeaves);
      walkTerm(term.value, visit, skipsLeaves);
      walkBody(term.body, visit, skipsLeaves);
      return;
    case "templatestring":
      for (const part of term.parts) {
        if (part.kind === "expr") walkExpr(part, visit, skipsLeaves);
        else walkTerm(part, visit, skipsLeaves);
      }
      return;
    default:
  }
}

export function walkTerms(terms: readonly Term[], visit: Visit, skipsLeaves = false): void {
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i] as Term;
    if (skipsLeaves && (term.kind === "var" || term.kind === "string")) continue;
    walkTerm(term, visit, skipsLeaves);
  }
}

export function walkBody(body: Body, visit: Visit, skipsLeaves = false): void {
  for (let i = 0; i < body.length; i++) walkExpr(body[i] as Expr, visit, skipsLeaves);
}

export function walkExpr({ terms, with: withs }: Expr, visit: Visit, skipsLeaves = false): void {
  switch (terms.kind) {
    case "term":
      walkTerm(terms.term, visit, skipsLeaves);
      break;
    case "call":
      walkTerm(terms.operator, visit, skipsLeaves);
      walkTerms(terms.args, visit, skipsLeaves);
      break;
    case "some":
      walkTerms(terms.symbols, visit, skipsLeaves);
      break;
    case "every":
      walkTerm(terms.domain, visit, skipsLeaves);
      if (terms.key !== undefined) walkTerm(terms.key, visit, skipsLeaves);
      walkTerm(terms.value, visit, skipsLeaves);
      walkBody(terms.body, visit, skipsLeaves);
      break;
    case "not":
      walkBody(terms.body, visit, skipsLeaves);
      break;
    default:
      walkBody(terms.left, visit, skipsLeaves);
      walkBody(terms.right, visit, skipsLeaves);
  }
  for (let i = 0; i < withs.length; i++) {
    const each = withs[i] as With;
    walkTerm(each.target, visit, skipsLeaves);
    walkTerm(each.value, visit, skipsLeaves);
  }
}

/** Calls `visit` for each expression of the body and, while it answers true, for those in its closures. */
export function walkExprs(body: Body, visit: (expr: Expr) => boolean): void {
  for (let i = 0; i < body.length; i++) {
    const expr = body[i] as Expr;
    if (!visit(expr)) continue;
    const { terms } = expr;
    // The operator of a call has no closures.
    const direct = terms.kind === "call" ? terms.args : directTerms(expr);
    if (terms.kind !== "call" && terms.kind !== "term") for (const inner of directBodies(expr)) walkExprs(inner, visit);
    for (let at = 0; at < direct.length; at++) walkExprsOfTerm(direct[at] as Term, visit);
    for (const each of expr.with) walkExprsOfTerm(each.value, visit);
  }
}

/** The same for the closures of a term. */
export function walkExprsOfTerm(term: Term, visit: (expr: Expr) => boolean): void {
  if (!hasParts(term)) return;
  walkTerm(
    term,
    (each) => {
      if (isComprehension(each)) {
        walkExprs(each.body, visit);
        for (const part of comprehensionTerms(each)) walkExprsOfTerm(part, visit);
        return false;
      }
      if (each.kind === "templatestring")
        walkExprs(
          each.parts.filter((part) => part.kind === "expr"),
          visit,
        );
      return each.kind !== "templatestring";
    },
    true,
  );
}

/** True when evaluating the term needs more than the values of its vars: it holds refs or comprehensions. */
export function requiresEval(term: Term): boolean {
  let found = false;
  walkTerm(
    term,
    (each) => {
      if (each.kind === "ref" || isComprehension(each)) found = true;
      return !found;
    },
    true,
  );
  return found;
}
