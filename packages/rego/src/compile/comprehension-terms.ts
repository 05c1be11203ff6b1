import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { appendToBody, eqExpr, varTerm } from "./make.ts";
import { isComprehension } from "./parts.ts";
import { mapAll, mapExpr, mapRule, mapTerm, type Rewriter } from "./rewriter.ts";
import { requiresEval } from "./walk.ts";

/** OPA's stage RewriteComprehensionTerms: refs and comprehensions that are collected become locals of the comprehension's body. */
export function rewriteComprehensionTerms(rule: Rule, names: LocalNames): Rule {
  return mapRule(rule, rewriterWith(names));
}

export function rewriteComprehensionTermsInBody(body: Body, names: LocalNames): Body {
  return rewriterWith(names).body(body);
}

function rewriterWith(names: LocalNames): Rewriter {
  const rewriter: Rewriter = {
    term: (term) => (isComprehension(term) ? rewrite(mapTerm(term, rewriter), names) : mapTerm(term, rewriter)),
    body: (body) => mapAll(body, (expr) => mapExpr(expr, rewriter)),
    skipsLeaves: true,
  };
  return rewriter;
}

function rewrite(term: Term, names: LocalNames): Term {
  if (!isComprehension(term)) return term;
  const support: Expr[] = [];
  if (term.kind === "objectcomprehension") {
    const key = hoistTerm(term.key, names, support);
    const value = hoistTerm(term.value, names, support);
    return support.length === 0 ? term : { ...term, key, value, body: appendToBody(term.body, support) };
  }
  const head = hoistTerm(term.term, names, support);
  return support.length === 0 ? term : { ...term, term: head, body: appendToBody(term.body, support) };
}

/** A local for the term, when it needs evaluation. */
export function hoistTerm(term: Term, names: LocalNames, support: Expr[]): Term {
  if (!requiresEval(term)) return term;
  const local = varTerm(term.loc, names.create());
  support.push(eqExpr(term.loc, local, term));
  return local;
}

/** OPA's stage RewriteRefsInHead: the same for heads. */
export function rewriteRefsInHead(rule: Rule, names: LocalNames): Rule {
  const { head } = rule;
  const support: Expr[] = [];
  const hoist = (term: Term) => hoistTerm(term, names, support);
  const key = head.key && hoist(head.key);
  const value = head.value && hoist(head.value);
  const args = head.args && mapAll(head.args, hoist);
  const otherwise = rule.else && rewriteRefsInHead(rule.else, names);
  if (support.length === 0) return otherwise === rule.else ? rule : { ...rule, else: otherwise };
  const body = appendToBody(rule.body, support);
  const isDropped = body === support && rule.body.some((expr) => expr.with.length > 0);
  const dropped = isDropped ? { droppedBody: rule.body } : {};
  return { ...rule, head: { ...head, args, key, value }, body, ...dropped, else: otherwise };
}
