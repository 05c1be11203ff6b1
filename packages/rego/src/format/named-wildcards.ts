import { isWildcard } from "../compile/names.ts";
import { ruleChain } from "../compile/parts.ts";
import { mapAll, mapExpr, mapRule, mapTerm, type Rewriter } from "../compile/rewriter.ts";
import { walkBody, walkTerm } from "../compile/walk.ts";
import type { Module, Ref, Rule, Term } from "../syntax/ast.ts";

/** Wildcards that a compiler stage uses more than once get names: `_` is another variable each time. */
export function nameWildcards(module: Module): Module {
  const uses = new Map<string, number>();
  const count = (term: Term): boolean => {
    if (term.kind === "var" && isWildcard(term.name)) uses.set(term.name, (uses.get(term.name) ?? 0) + 1);
    return true;
  };
  for (const rule of module.rules.flatMap((each) => [...ruleChain(each)])) {
    for (const term of countedTerms(rule)) walkTerm(term, count);
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
  return { ...module, rules: mapAll(module.rules, (rule) => withNames(rule, rewriter)) };
}

/** Of the head's ref the one key alone, as in OPA. */
function countedTerms({ head: { ref, args = [], key, value } }: Rule): readonly Term[] {
  const only = isOneKey(ref) && args.length === 0 ? ref.terms[1] : undefined;
  return [...args, key ?? only, value].filter((term) => term !== undefined);
}

function isOneKey({ terms }: Ref): boolean {
  return terms.length === 2;
}

/** The ref of a further body stays as it was written. */
function withNames(rule: Rule, rewriter: Rewriter): Rule {
  const made = mapRule(rule, rewriter);
  const { ref } = rule.head;
  return isOneKey(ref) && rule.chained !== true ? made : { ...made, head: { ...made.head, ref } };
}

function nameOf(wildcard: string): string {
  const name = wildcard.slice(1);
  return name.startsWith("_") ? name : `_${name}`;
}
