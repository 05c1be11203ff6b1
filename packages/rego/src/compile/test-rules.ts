import type { Expr, Head, Rule, Term } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { eqExpr, varTerm } from "./make.ts";
import { nameOfRef } from "./names.ts";
import { isComprehension } from "./parts.ts";
import { mapAll } from "./rewriter.ts";

/**
 * OPA's stage RewriteTestRulesForTracing: in rules whose name begins with `test_`, refs and comprehensions that are compared become locals
 * first, so that a trace shows their values when the comparison fails.
 */
export function rewriteTestRules(rule: Rule, packageLength: number, names: LocalNames): Rule {
  if (!isTest(rule.head, packageLength)) return rule;
  const body = rule.body.flatMap((expr) => traced(expr, names));
  return { ...rule, body, else: rule.else && rewriteTestRules(rule.else, packageLength, names) };
}

/** OPA looks at the name of a head, which those do not have whose refs go on behind it, unless it is one key with a value. */
function isTest({ ref, generatedValue }: Head, packageLength: number): boolean {
  const [name, ...operands] = ref.terms.slice(packageLength);
  if (name?.kind !== "string" || !name.value.startsWith("test_")) return false;
  return operands.length === 0 || (operands.length === 1 && !generatedValue);
}

/** What is negated stays: it would have to be defined before. What fails in an `every` fails the test, in no other closure. */
function traced(expr: Expr, names: LocalNames): readonly Expr[] {
  const { terms } = expr;
  if (expr.negated || expr.generated === true) return [expr];
  if (terms.kind === "every")
    return [{ ...expr, terms: { ...terms, body: terms.body.flatMap((each) => traced(each, names)) } }];
  if (terms.kind !== "call" || nameOfRef(terms.operator) !== "eq") return [expr];
  const before: Expr[] = [];
  const args = mapAll(terms.args, (arg): Term => {
    if (arg.kind !== "ref" && !isComprehension(arg)) return arg;
    const local = varTerm(arg.loc, names.create());
    before.push({ ...eqExpr(arg.loc, local, arg), with: expr.with });
    return local;
  });
  return before.length === 0 ? [expr] : [...before, { ...expr, terms: { ...terms, args: [...args] } }];
}
