import type { Body, Expr, Head, Location, Ref, Rule, Term, Var } from "../syntax/ast.ts";

/** A ref to a builtin by its dotted name. */
export function builtinRef(loc: Location, name: string): Ref {
  const [head = "", ...rest] = name.split(".");
  return {
    kind: "ref",
    loc,
    terms: [varTerm(loc, head), ...rest.map((value): Term => ({ kind: "string", loc, value }))],
  };
}

export function eqOperator(loc: Location): Ref {
  return builtinRef(loc, "eq");
}

export function varTerm(loc: Location, name: string): Var {
  return { kind: "var", loc, name };
}

/** `left = right`, made by the compiler. */
export function eqExpr(loc: Location, left: Term, right: Term): Expr {
  return {
    kind: "expr",
    loc,
    negated: false,
    with: [],
    terms: { kind: "call", operator: eqOperator(loc), args: [left, right] },
    generated: true,
  };
}

/** The body with expressions behind it. A body of only `true` says nothing, and goes; as in OPA, with its `not` and `with`. */
export function appendToBody(body: Body, exprs: readonly Expr[]): Body {
  if (exprs.length === 0) return body;
  return body.length === 1 && isTrue(body[0] as Expr) ? exprs : [...body, ...exprs];
}

function isTrue({ terms }: Expr): boolean {
  return terms.kind === "term" && terms.term.kind === "boolean" && terms.term.value;
}

/** A rule that nobody wrote. */
export function plainRule(loc: Location, head: Head, body: Body, isDefault = false): Rule {
  return {
    kind: "rule",
    loc,
    default: isDefault,
    head,
    body,
    generatedBody: false,
    else: undefined,
    annotations: [],
  };
}

export function trueExpr(loc: Location): Expr {
  const term: Term = { kind: "boolean", loc, value: true };
  return { kind: "expr", loc, negated: false, with: [], terms: { kind: "term", term }, generated: true };
}

export function termExpr(loc: Location, term: Term): Expr {
  return { kind: "expr", loc, negated: false, with: [], terms: { kind: "term", term }, generated: true };
}
