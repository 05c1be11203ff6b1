import { findSignature } from "../builtins/capabilities.ts";
import { checkDuplicateImports } from "../compile/duplicate-imports.ts";
import { checkKeywordOverrides } from "../compile/keyword-overrides.ts";
import { nameOfRef } from "../compile/names.ts";
import { directTerms, headTerms, isComprehension, ruleChain } from "../compile/parts.ts";
import { typeFault } from "../compile/stage.ts";
import { walkExprs, walkTerm } from "../compile/walk.ts";
import type { Expr, Module, Ref, Rule, Term } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import { futureKeywords } from "../syntax/keywords.ts";

/** What keeps a v0 module from being written as v1, in OPA's order: imports, names of rules and arguments, variables, builtins, keywords. */
export function checkRegoV1(module: Module): readonly Diagnostic[] {
  const imports: Diagnostic[] = [];
  const names: Diagnostic[] = [];
  const builtins: Diagnostic[] = [];
  checkDuplicateImports(module, (fault) => imports.push(fault));
  checkKeywordOverrides(module, (fault) => names.push(fault));
  for (const rule of module.rules) checkBuiltins(rule, (fault) => builtins.push(fault));
  const isVariable = ({ message }: Diagnostic): boolean => message.startsWith("variables ");
  const ordered = [...names.filter((fault) => !isVariable(fault)), ...names.filter(isVariable)];
  return [...imports, ...ordered, ...builtins, ...module.rules.flatMap(keywordAsName)];
}

/** Rules named by words that v1 keeps for itself; those of a longer reference may begin so. */
function keywordAsName({ head, loc }: Rule): readonly Diagnostic[] {
  const [name, ...rest] = head.ref.terms;
  if (name?.kind !== "var" || rest.length > 0 || !futureKeywords.includes(name.name)) return [];
  return [{ code: "rego_parse_error", loc, message: `${name.name} keyword cannot be used for rule name` }];
}

/** Calls of builtins that v1 has not any more, inside other terms too: the compiler looks at them when they stand apart. */
function checkBuiltins(rule: Rule, report: (fault: Diagnostic) => void): void {
  const check = (operator: Ref, { loc }: Expr | Term): void => {
    const name = nameOfRef(operator) ?? "";
    const isDeprecated = findSignature(name)?.deprecated === true;
    if (isDeprecated) report(typeFault(loc, `deprecated built-in function calls in expression: ${name}`));
  };
  const checkTerm = (term: Term): boolean => {
    if (term.kind === "call") check(term.operator, term);
    if (isComprehension(term)) walkExprs(term.body, checkExpr);
    return !isComprehension(term);
  };
  const checkExpr = (expr: Expr): boolean => {
    if (expr.terms.kind === "call") check(expr.terms.operator, expr);
    for (const term of directTerms(expr)) walkTerm(term, checkTerm);
    return false;
  };
  for (const each of ruleChain(rule)) {
    for (const term of headTerms(each)) walkTerm(term, checkTerm);
    walkExprs(each.body, checkExpr);
  }
}
