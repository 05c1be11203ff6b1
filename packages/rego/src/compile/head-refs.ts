import type { Expr, Ref, Rule, Term } from "../syntax/ast.ts";
import { appendToBody, eqExpr, varTerm } from "./make.ts";
import type { Unit } from "./stage.ts";
import { mapAll } from "./walk.ts";

/**
 * OPA's stage RewriteRuleHeadRefs: heads begin with the package's path, and what is not constant in them is a variable:
 * `p[x.y]` in package a becomes `data.a.p[__local0__]` with `__local0__ = x.y` in the body. `f()` is a rule, no function.
 */
export function rewriteHeadRefs({ module, names, rules }: Unit): readonly Rule[] {
  const { path } = module.package;
  const rewrite = (rule: Rule): Rule => {
    const [root, ...operands] = rule.head.ref.terms as readonly [Term, ...Term[]];
    const name: Term = { kind: "string", loc: root.loc, value: root.kind === "var" ? root.name : "" };
    const support: Expr[] = [];
    const rest = operands.map((term) => {
      if (term.kind === "var" || isScalar(term)) return term;
      const local = varTerm(term.loc, names.create());
      support.push(eqExpr(term.loc, local, term));
      return local;
    });
    const ref: Ref = { kind: "ref", loc: rule.head.ref.loc, terms: [...path.terms, name, ...rest] };
    const body = appendToBody(rule.body, support);
    const args = rule.head.args?.length === 0 ? undefined : rule.head.args;
    return { ...rule, head: { ...rule.head, ref, args }, body, else: rule.else && rewrite(rule.else) };
  };
  return mapAll(rules, rewrite);
}

function isScalar({ kind }: Term): boolean {
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "null";
}
