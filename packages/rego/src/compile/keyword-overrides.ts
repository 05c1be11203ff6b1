import type { Body, Module, Rule, Term } from "../syntax/ast.ts";
import { nameOfRef } from "./names.ts";
import { isRootDocument, ruleChain } from "./parts.ts";
import { compileFault, type Report } from "./stage.ts";
import { walkExprs, walkExprsOfTerm } from "./walk.ts";

/** OPA's stage CheckKeywordOverrides (v1, or strict): nothing may take the names `input` and `data`. */
export function checkKeywordOverrides(module: Module, report: Report): void {
  for (const rule of module.rules) checkRule(rule, report);
}

export function checkQueryOverrides(body: Body, report: Report): void {
  walkExprs(body, (expr) => {
    checkAssigned(expr.terms, report);
    return true;
  });
}

function checkRule(rule: Rule, report: Report): void {
  const name = rule.head.ref.terms[0];
  if (name?.kind === "var" && isRootName(name.name))
    report(compileFault(rule.loc, `rules must not shadow ${name.name} (use a different rule name)`));
  for (const arg of rule.head.args ?? []) {
    const shadowed = rootName(arg);
    if (shadowed !== undefined)
      report(compileFault(rule.loc, `args must not shadow ${shadowed} (use a different variable name)`));
  }
  for (const each of ruleChain(rule)) {
    checkQueryOverrides(each.body, report);
    for (const term of [each.head.key, each.head.value]) {
      if (term === undefined) continue;
      walkExprsOfTerm(term, (expr) => {
        checkAssigned(expr.terms, report);
        return true;
      });
    }
  }
}

function checkAssigned(terms: Body[number]["terms"], report: Report): void {
  if (terms.kind !== "call" || nameOfRef(terms.operator) !== "assign") return;
  const target = terms.args[0];
  const shadowed = target && rootName(target);
  if (target !== undefined && shadowed !== undefined)
    report(compileFault(target.loc, `variables must not shadow ${shadowed} (use a different variable name)`));
}

/** The root document that a term is. */
export function rootName(term: Term): string | undefined {
  if (term.kind === "var") return isRootName(term.name) ? term.name : undefined;
  return isRootDocument(term) ? nameOfRef(term as Term & { kind: "ref" }) : undefined;
}

function isRootName(name: string): boolean {
  return name === "input" || name === "data";
}
