import type { Expr, Rule, Term } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { eqExpr, varTerm } from "./make.ts";
import { nameOfRef } from "./walk.ts";

/**
 * OPA's stage RewriteTestRulesForTracing: in rules whose name begins with `test_`, refs that are compared become locals first, so that a
 * trace shows their values when the comparison fails.
 */
export function rewriteTestRules(rule: Rule, names: LocalNames): Rule {
  const name = rule.head.ref.terms.find(({ kind }, i, terms) => kind === "string" && isTest(terms[i] as Term));
  if (name === undefined) return rule;
  const body = rule.body.flatMap((expr) => traced(expr, names));
  return {
    ...rule,
    body,
    else: rule.else && { ...rule.else, body: rule.else.body.flatMap((expr) => traced(expr, names)) },
  };
}

function isTest(term: Term): boolean {
  return term.kind === "string" && /^(todo_)?test_/.test(term.value);
}

function traced(expr: Expr, names: LocalNames): readonly Expr[] {
  const { terms } = expr;
  if (expr.negated || terms.kind !== "call" || nameOfRef(terms.operator) !== "eq") return [expr];
  const before: Expr[] = [];
  const args = terms.args.map((arg) => {
    if (arg.kind !== "ref" || terms.args.some(({ kind }) => kind === "var")) return arg;
    const local = varTerm(arg.loc, names.create());
    before.push({ ...eqExpr(arg.loc, local, arg), with: expr.with });
    return local;
  });
  return [...before, { ...expr, terms: { ...terms, args } }];
}
