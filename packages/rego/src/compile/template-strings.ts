import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { builtinRef, eqExpr, varTerm } from "./make.ts";
import { union } from "./name-sets.ts";
import { compileFault } from "./stage.ts";
import { boundBy, type CaptureContext, checkDeclared } from "./undeclared.ts";
import { varsOfTerm } from "./vars.ts";
import { comprehensionTerms, isComprehension, mapAll, mapExpr, mapTerm, type Rewriter } from "./walk.ts";

type Template = Extract<Term, { kind: "templatestring" }>;
type Names = ReadonlySet<string>;

/**
 * OPA's stage RewriteTemplateStrings: `$"a {x.y}"` becomes `internal.template_string(["a ", {v | v = x.y}])`, so that an undefined
 * expression is an empty set. Variables become `{x}`: they are known to be defined.
 */
export function rewriteTemplates(rule: Rule, context: CaptureContext): Rule {
  const { head } = rule;
  const named = new Set(head.args?.flatMap((arg) => [...varsOfTerm(arg, { skipClosures: true })]));
  const body = rewriteBody(rule.body, named, context);
  const rewriter = rewriterIn(boundBy(rule.body, named, context), context);
  const args = head.args && mapAll(head.args, rewriter.term);
  const key = head.key && rewriter.term(head.key);
  const value = head.value && rewriter.term(head.value);
  const otherwise = rule.else && rewriteTemplates(rule.else, context);
  const sameHead = args === head.args && key === head.key && value === head.value;
  if (sameHead && body === rule.body && otherwise === rule.else) return rule;
  return { ...rule, head: { ...head, args, key, value }, body, else: otherwise };
}

/** What the whole body binds may be named anywhere in it: expressions are put in order later. */
export function rewriteBody(body: Body, around: Names, context: CaptureContext): Body {
  let known: Names | undefined;
  const bound = () => {
    known ??= boundBy(body, around, context);
    return known;
  };
  return mapAll(body, (expr) => rewriteExpr(expr, bound, context));
}

/** `names` are computed when a template or closure is met: most bodies hold none. */
function rewriteExpr(expr: Expr, names: () => Names, context: CaptureContext): Expr {
  const { terms } = expr;
  const inBody = () => (terms.kind === "every" ? union(names(), everyVars(terms)) : names());
  const rewriter: Rewriter = {
    term: (term) => rewriteTerm(term, names, rewriter, context),
    body: (body) => rewriteBody(body, inBody(), context),
  };
  return mapExpr(expr, rewriter);
}

function everyVars(terms: Extract<Expr["terms"], { kind: "every" }>): Set<string> {
  const value = varsOfTerm(terms.value);
  return terms.key === undefined ? value : union(value, varsOfTerm(terms.key));
}

function rewriterIn(known: Names, context: CaptureContext): Rewriter {
  const rewriter: Rewriter = {
    term: (term) => rewriteTerm(term, () => known, rewriter, context),
    body: (body) => rewriteBody(body, known, context),
  };
  return rewriter;
}

function rewriteTerm(term: Term, known: () => Names, rewriter: Rewriter, context: CaptureContext): Term {
  if (term.kind === "templatestring") return rewriteTemplate(term, known(), rewriter, context);
  if (!isComprehension(term)) return mapTerm(term, rewriter);
  const body = rewriteBody(term.body, known(), context);
  const inner = rewriterIn(boundBy(term.body, known(), context), context);
  const parts = comprehensionTerms(term);
  const [first, second] = mapAll(parts, inner.term) as readonly [Term, Term];
  if (body === term.body && first === parts[0] && second === parts[1]) return term;
  return term.kind === "objectcomprehension"
    ? { ...term, body, key: first, value: second }
    : { ...term, body, term: first };
}

function rewriteTemplate(template: Template, known: Names, rewriter: Rewriter, context: CaptureContext): Term {
  const items = template.parts.map((part) => {
    if (part.kind !== "expr") return part;
    return rewritePart(mapExpr(part, rewriter), known, context);
  });
  const { loc } = template;
  const operator = builtinRef(loc, "internal.template_string");
  if (context.arity(operator) === undefined) context.report(compileFault(loc, "template-strings are not supported"));
  return { kind: "call", loc, operator, args: [{ kind: "array", loc, items }] };
}

function rewritePart(part: Expr, known: Names, context: CaptureContext): Term {
  const value = partTerm(part);
  if (part.with.length === 0) {
    if (["null", "boolean", "number", "string"].includes(value.kind)) return value;
    if (value.kind === "var") return { kind: "set", loc: part.loc, items: [value] };
  }
  checkDeclared(value, known, context);
  const local = varTerm(part.loc, context.names.create());
  const body = [{ ...eqExpr(part.loc, local, value), with: part.with }];
  return { kind: "setcomprehension", loc: part.loc, term: local, body };
}

function partTerm({ terms, loc }: Expr): Term {
  if (terms.kind === "call") return { kind: "call", loc, operator: terms.operator, args: terms.args };
  return terms.kind === "term" ? terms.term : { kind: "boolean", loc, value: true };
}
