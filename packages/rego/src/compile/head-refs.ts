import type { Expr, Ref, Rule, Term } from "../syntax/ast.ts";
import { compareTerms } from "../syntax/term-order.ts";
import { appendToBody, eqExpr, varTerm } from "./make.ts";
import { mapAll } from "./rewriter.ts";
import { compileFault, type Report, type StageContext, type Unit } from "./stage.ts";
import { refText } from "./text.ts";

/**
 * OPA's stage RewriteRuleHeadRefs: heads begin with the package's path, and what is not constant in them is a variable:
 * `p[x.y]` in package a becomes `data.a.p[__local0__]` with `__local0__ = x.y` in the body. `f()` is a rule, no function.
 */
export function rewriteHeadRefs({ module, names, rules }: Unit, { options, report }: StageContext): readonly Rule[] {
  if (options.features !== undefined) for (const { head } of rules) checkHead(head, options.features, report);
  const { path } = module.package;
  const rewrite = (rule: Rule): Rule => {
    const [root, ...operands] = rule.head.ref.terms as readonly [Term, ...Term[]];
    const name: Term = { kind: "string", loc: root.loc, value: root.kind === "var" ? root.name : "" };
    const support: Expr[] = [];
    let { key } = rule.head;
    const rest = operands.map((term, i) => {
      if (term.kind === "var" || isScalar(term)) return term;
      const local = varTerm(term.loc, names.create());
      support.push(eqExpr(term.loc, local, term));
      // `p[x.y] contains x.y`: the member is the variable too.
      if (i === operands.length - 1 && key !== undefined && compareTerms(key, term) === 0) key = local;
      return local;
    });
    const ref: Ref = { kind: "ref", loc: rule.head.ref.loc, terms: [...path.terms, name, ...rest] };
    const body = appendToBody(rule.body, support);
    const args = rule.head.args?.length === 0 ? undefined : rule.head.args;
    return { ...rule, head: { ...rule.head, ref, args, key }, body, else: rule.else && rewrite(rule.else) };
  };
  return mapAll(rules, rewrite);
}

/** Earlier versions of OPA had heads with variables only as the last operand of names, or of one name. */
function checkHead({ ref, loc }: Rule["head"], features: readonly string[], report: Report): void {
  if (features.includes("rego_v1") || features.includes("rule_head_refs")) return;
  const operands = features.includes("rule_head_ref_string_prefixes") ? ref.terms.slice(1, -1) : ref.terms.slice(1);
  if (ref.terms.length < 3 || operands.every(({ kind }) => kind === "string")) return;
  report(compileFault(loc, `rule heads with refs are not supported: ${refText(ref)}`));
}

function isScalar({ kind }: Term): boolean {
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "null";
}
