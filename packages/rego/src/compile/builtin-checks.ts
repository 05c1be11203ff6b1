import type { Body, Expr, Ref, Rule } from "../syntax/ast.ts";
import { plainRule } from "./make.ts";
import { nameOfRef } from "./names.ts";
import { headTerms, ruleChain } from "./parts.ts";
import { type StageContext, typeFault } from "./stage.ts";
import { walkExprs, walkExprsOfTerm } from "./walk.ts";

/** OPA's stage CheckUnsafeBuiltins: calls of builtins that are forbidden here. */
export function checkUnsafeBuiltins(rule: Rule, { options, report }: StageContext): void {
  const unsafe = options.unsafeBuiltins;
  if (unsafe === undefined || unsafe.size === 0) return;
  eachCall(rule, (expr, name) => {
    if (unsafe.has(name)) report(typeFault(expr.loc, `unsafe built-in function calls in expression: ${name}`));
  });
}

/** OPA's stage CheckDeprecatedBuiltins (v1, or strict): calls of builtins that are gone. */
export function checkDeprecatedBuiltins(
  rule: Rule,
  { builtin, report }: Pick<StageContext, "builtin" | "report">,
): void {
  eachCall(rule, (expr, name) => {
    if (builtin(name)?.deprecated === true)
      report(typeFault(expr.loc, `deprecated built-in function calls in expression: ${name}`));
  });
}

function eachCall(rule: Rule, visit: (expr: Expr, name: string) => void): void {
  const check = (expr: Expr): boolean => {
    if (expr.terms.kind === "call") visit(expr, nameOfRef(expr.terms.operator) ?? "");
    return true;
  };
  for (const each of ruleChain(rule)) {
    walkExprs(each.body, check);
    for (const term of headTerms(each)) walkExprsOfTerm(term, check);
  }
}

/** A body as if it were a rule's, for checks of queries. */
export function ruleOfBody(body: Body): Rule {
  const loc = body[0]?.loc as Rule["loc"];
  const ref: Ref = { kind: "ref", loc, terms: [{ kind: "var", loc, name: "query" }] };
  const head = { loc, ref, args: undefined, key: undefined, value: undefined, assign: false, generatedValue: true };
  return plainRule(loc, head, body);
}
