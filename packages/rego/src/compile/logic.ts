import type { Body, Expr, Location, Rule } from "../syntax/ast.ts";
import { nameOfRef } from "./names.ts";
import { mapAll, mapExpr, mapRule, mapTerm, type Rewriter } from "./rewriter.ts";
import { compileFault, type Report } from "./stage.ts";

/**
 * `and` and `or` (`import future.keywords.and`, `….or`) in terms of negated bodies, which close over what is around them and
 * stop at the first way through: a or b is not (not a and not b). Operands have scopes of their own and bind nothing outside; what stands
 * right is evaluated only when it matters.
 */
export function rewriteLogic(rule: Rule, report: Report): Rule {
  return mapRule(rule, rewriterWith(report));
}

export function rewriteLogicInBody(body: Body, report: Report): Body {
  return rewriterWith(report).body(body);
}

function rewriterWith(report: Report): Rewriter {
  const rewriter: Rewriter = {
    term: (term) => mapTerm(term, rewriter),
    body: (body) => mapAll(body, (expr) => rewriteExpr(expr, rewriter, report)),
  };
  return rewriter;
}

function rewriteExpr(expr: Expr, rewriter: Rewriter, report: Report): Expr {
  const { terms, loc } = expr;
  if (terms.kind !== "and" && terms.kind !== "or") return mapExpr(expr, rewriter);
  const operands = [
    { body: terms.left, explicit: terms.explicitLeft },
    { body: terms.right, explicit: terms.explicitRight },
  ];
  const inner = operands.map(({ body, explicit }) => {
    if (!explicit && body.some(isAssignment))
      report(compileFault(loc, `cannot assign vars inside implicit ${terms.kind} operand`));
    const fails = not(loc, rewriter.body(body), explicit);
    return terms.kind === "or" ? fails : not(loc, [fails]);
  });
  const whole = terms.kind === "or" ? not(loc, inner) : not(loc, [not(loc, inner)]);
  return { ...expr, terms: whole.terms };
}

function isAssignment({ terms }: Expr): boolean {
  return terms.kind === "call" && nameOfRef(terms.operator) === "assign";
}

/** As behind `not`: without braces, a body binds no variables of the author. */
function not(loc: Location, body: Body, explicitBody = true): Expr {
  return { kind: "expr", loc, negated: false, with: [], terms: { kind: "not", loc, body, explicitBody } };
}
