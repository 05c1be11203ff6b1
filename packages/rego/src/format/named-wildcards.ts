import { isWildcard } from "../compile/names.ts";
import { headTerms, ruleChain } from "../compile/parts.ts";
import { mapAll, mapExpr, mapRule, mapTerm, type Rewriter } from "../compile/rewriter.ts";
import { walkBody, walkTerm } from "../compile/walk.ts";
import type { Module, Term } from "../syntax/ast.ts";

/** Wildcards that a compiler stage uses more than once get names: `_` is another variable each time. */
export function nameWildcards(module: Module): Module {
  const uses = new Map<string, number>();
  const count = (term: Term): boolean => {
    if (term.kind === "var" && isWildcard(term.name)) uses.set(term.name, (uses.get(term.name) ?? 0) + 1);
    return true;
  };
  for (const rule of module.rules.flatMap((each) => [...ruleChain(each)])) {
    for (const term of headTerms(rule)) walkTerm(term, count);
    walkBody(rule.body, count);
  }
  if (![...uses.values()].some((each) => each > 1)) return module;
  const rewriter: Rewriter = {
    term: (term) =>
      term.kind === "var" && (uses.get(term.name) ?? 0) > 1
        ? { ...term, name: nameOf(term.name) }
        : mapTerm(term, rewriter),
    body: (body) => mapAll(body, (expr) => mapExpr(expr, rewriter)),
  };
  return { ...module, rules: mapAll(module.rules, (rule) => mapRule(rule, rewriter)) };
}

function nameOf(wildcard: string): string {
  const name = wildcard.slice(1);
  return name.startsWith("_") ? name : `_${name}`;
}
