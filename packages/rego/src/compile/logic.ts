import type { Body, Expr, Location, Rule } from "../syntax/ast.ts";
import { mapAll, mapExpr, mapRule, mapTerm, type Rewriter } from "./walk.ts";

/**
 * `and` and `or` (`import future.keywords.and`, `….or`) in terms of negated bodies, which close over what is around them and
 * stop at the first way through: a or b is not (not a and not b). Operands have scopes of their own and bind nothing outside; what stands
 * right is evaluated only when it matters.
 */
export function rewriteLogic(rule: Rule): Rule {
  return mapRule(rule, rewriter);
}

const rewriter: Rewriter = { term: (term) => mapTerm(term, rewriter), body: rewriteLogicInBody };

export function rewriteLogicInBody(body: Body): Body {
  return mapAll(body, (expr) => {
    const { terms, loc } = expr;
    if (terms.kind !== "and" && terms.kind !== "or") return mapExpr(expr, rewriter);
    const operands = [rewriteLogicInBody(terms.left), rewriteLogicInBody(terms.right)];
    const inner = operands.map((operand) => (terms.kind === "or" ? not(loc, operand) : holds(loc, operand)));
    const whole = terms.kind === "or" ? not(loc, inner) : holds(loc, inner);
    return { ...expr, terms: whole.terms };
  });
}

/** The body, once, whatever it binds. */
function holds(loc: Location, body: Body): Expr {
  return not(loc, [not(loc, body)]);
}

function not(loc: Location, body: Body): Expr {
  return { kind: "expr", loc, negated: false, with: [], terms: { kind: "not", loc, body, explicitBody: false } };
}
