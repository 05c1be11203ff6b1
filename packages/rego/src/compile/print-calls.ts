import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { builtinRef, eqExpr, trueExpr, varTerm } from "./make.ts";
import { isBuiltinNamed } from "./names.ts";
import { isComprehension } from "./parts.ts";
import { mapAll, mapExpr, mapTerm, type Rewriter } from "./rewriter.ts";
import { boundBy, type CaptureContext, checkDeclared } from "./undeclared.ts";
import { collectVars, varsOfTerm } from "./vars.ts";

/** OPA's stage RewritePrintCalls without printing: the calls go away. */
export function erasePrintCalls(rule: Rule): Rule {
  const rewriter: Rewriter = { term: (term) => mapTerm(term, rewriter), body: erase };
  return mapPrintRule(rule, erase, rewriter.term);
}

/** The same for one body. */
export function erasePrints(body: Body): Body {
  return erase(body);
}

function erase(body: Body): Body {
  const rewriter: Rewriter = { term: (term) => mapTerm(term, rewriter), body: erase };
  const kept = body.some(isPrint) ? body.filter((expr) => !isPrint(expr)) : body;
  const first = body[0];
  if (kept.length === 0 && first !== undefined) return [trueExpr(first.loc)];
  return mapAll(kept, (expr) => mapExpr(expr, rewriter));
}

/**
 * OPA's stage RewritePrintCalls with printing: `print(x.y)` becomes `internal.print([{v | v = x.y}])`, so that an undefined
 * operand does not keep the rest of the body from being evaluated.
 */
export function rewritePrintCalls(rule: Rule, context: CaptureContext): Rule {
  const args = new Set(rule.head.args?.flatMap((arg) => [...varsOfTerm(arg)]));
  const closures: Rewriter = {
    term: (term) => mapTerm(term, closures),
    body: (body) => rewritePrints(body, boundBy(rule.body, args, context), context),
  };
  const made = mapPrintRule({ ...rule, else: undefined }, (body) => rewritePrints(body, args, context), closures.term);
  return { ...made, else: rule.else && rewritePrintCalls(rule.else, context) };
}

export function rewritePrints(body: Body, around: ReadonlySet<string>, context: CaptureContext): Body {
  return body.map((expr, i) => {
    const known = boundBy(body.slice(0, i), around, context);
    return isPrint(expr) ? rewritePrint(expr, known, context) : rewriteClosures(expr, known, context);
  });
}

function rewriteClosures(expr: Expr, known: Set<string>, context: CaptureContext): Expr {
  if (expr.terms.kind === "every") {
    collectVars(expr.terms.value, {}, known);
    if (expr.terms.key !== undefined) collectVars(expr.terms.key, {}, known);
  }
  const rewriter: Rewriter = {
    term: (term) => mapTerm(term, rewriter),
    body: (body) => rewritePrints(body, known, context),
  };
  return mapExpr(expr, rewriter);
}

function rewritePrint(expr: Expr, known: ReadonlySet<string>, context: CaptureContext): Expr {
  const { terms } = expr;
  if (terms.kind !== "call") return expr;
  const items = terms.args.map((arg): Term => {
    checkDeclared(arg, known, context);
    const local = varTerm(arg.loc, context.names.create());
    return {
      kind: "setcomprehension",
      loc: arg.loc,
      term: local,
      body: [{ ...eqExpr(arg.loc, local, arg), generated: false }],
    };
  });
  const operator = builtinRef(terms.operator.loc, "internal.print");
  // As OPA, a print has neither `not` nor `with`: it prints what is there outside of them.
  return {
    ...expr,
    negated: false,
    with: [],
    terms: { kind: "call", operator, args: [{ kind: "array", loc: expr.loc, items }] },
  };
}

function mapPrintRule(rule: Rule, body: (body: Body) => Body, term: (term: Term) => Term): Rule {
  const { head } = rule;
  const key = head.key && (hasClosure(head.key) ? term(head.key) : head.key);
  const value = head.value && (hasClosure(head.value) ? term(head.value) : head.value);
  const made = body(rule.body);
  const otherwise = rule.else && mapPrintRule(rule.else, body, term);
  if (key === head.key && value === head.value && made === rule.body && otherwise === rule.else) return rule;
  return { ...rule, head: { ...head, key, value }, body: made, else: otherwise };
}

function hasClosure(term: Term): boolean {
  return isComprehension(term) || !["null", "boolean", "number", "string", "var"].includes(term.kind);
}

function isPrint({ terms }: Expr): boolean {
  return terms.kind === "call" && isBuiltinNamed(terms.operator, "print");
}
