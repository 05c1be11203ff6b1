import { refText } from "../compile/text.ts";
import type { Body, Expr, Head, Location, Ref, Rule, Term } from "./ast.ts";
import { heldTerm } from "./distinct.ts";
import { ruleOf, splitHead, trueExpr, trueHead } from "./rules.ts";

/** A rule that is written as an expression, `p := 1`, `f(x) = y`, v0's `p[x]`; or why the expression is none. */
export function ruleFromBody(body: Body, isBuiltin: (name: string) => boolean): Rule | string {
  const [expr] = body;
  if (expr === undefined || body.length !== 1) return "multiple expressions cannot be used for rule head";
  if (expr.negated || expr.terms.kind === "not") return "negated expressions cannot be used for rule head";
  if (expr.with.length > 0) return "expressions using with keyword cannot be used for rule head";
  switch (expr.terms.kind) {
    case "some":
      return "'some' declarations cannot be used for rule head";
    case "term":
      return ruleFromTerm(expr.terms.term);
    case "call":
      return ruleFromCall(expr, expr.terms, isBuiltin);
    default:
      return "expression cannot be used for rule head";
  }
}

/** v0's `p[x]`, or `p.q.r`, which is true. */
function ruleFromTerm(term: Term): Rule | string {
  const isRoot = term.kind === "var" && (term.name === "input" || term.name === "data");
  if (isRoot) return "refs cannot be used for rule head";
  if (term.kind !== "ref") return `${term.kind} cannot be used for rule name`;
  const [name, key, ...more] = term.terms;
  if (name?.kind !== "var" || key === undefined) return `invalid rule head: ${headText(term)}`;
  if (more.length > 0) return withoutBody(trueHead(term.loc, term, undefined), term.loc, term.loc);
  const ref: Ref = { kind: "ref", loc: name.loc, terms: [name] };
  const none = { args: undefined, value: undefined, assign: false, generatedValue: false };
  return withoutBody({ ...none, loc: term.loc, ref, key }, term.loc, term.loc);
}

function ruleFromCall(
  expr: Expr,
  { operator, args }: { readonly operator: Ref; readonly args: readonly Term[] },
  isBuiltin: (name: string) => boolean,
): Rule | string {
  const [name] = operator.terms;
  const isOperator = operator.terms.length === 1 && operator.loc.text !== (name?.kind === "var" ? name.name : "");
  const [left, right] = args;
  const word = name?.kind === "var" ? name.name : "";
  if (isOperator && (word === "assign" || word === "eq") && left !== undefined && right !== undefined)
    return ruleFromEquation(left, right, word === "assign", expr.loc);
  if (isOperator || isBuiltin(dotted(operator))) return "rule name conflicts with built-in function";
  if (args.length === 0) return "rule argument list must take at least one argument";
  return withoutBody(trueHead(operator.loc, operator, args), operator.loc, operator.loc);
}

/** A head that is none, as OPA prints it. */
function headText(ref: Ref): string {
  return refText({ ...ref, terms: ref.terms.map(heldTerm) });
}

function dotted(ref: Ref): string {
  return ref.terms
    .map((term) => (term.kind === "var" ? term.name : term.kind === "string" ? term.value : "?"))
    .join(".");
}

function ruleFromEquation(left: Term, value: Term, assign: boolean, loc: Location): Rule | string {
  const written = splitHead(left);
  if (written === undefined)
    return left.kind === "ref" ? `invalid rule head: ${headText(left)}` : `${left.kind} cannot be used for rule name`;
  const head: Head = { loc, ...written, key: undefined, value, assign, generatedValue: false };
  return withoutBody(head, loc, value.loc);
}

function withoutBody(head: Head, loc: Location, bodyLoc: Location): Rule {
  return { ...ruleOf(head, [trueExpr(bodyLoc)], loc), generatedBody: true };
}
