import type { Body, Rule } from "../syntax/ast.ts";
import { eqOperator } from "./make.ts";
import { isBuiltinNamed } from "./names.ts";
import { exprRewriter } from "./rewriter.ts";

/** OPA's stage RewriteEquals: behind the safety check, which treats `==` as a test, `==` is the same as `=`. */
export function rewriteEquals(rule: Rule): Rule {
  const body = rewriteEqualsInBody(rule.body);
  const otherwise = rule.else && rewriteEquals(rule.else);
  return body === rule.body && otherwise === rule.else ? rule : { ...rule, body, else: otherwise };
}

export function rewriteEqualsInBody(body: Body): Body {
  return exprRewriter((expr) => {
    const { terms } = expr;
    if (terms.kind !== "call" || terms.args.length !== 2 || !isBuiltinNamed(terms.operator, "equal")) return expr;
    return { ...expr, terms: { ...terms, operator: eqOperator(terms.operator.loc) } };
  }).body(body);
}
