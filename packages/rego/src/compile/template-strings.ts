import type { Body, Expr, Rule, Term } from "../syntax/ast.ts";
import { builtinRef, eqExpr, varTerm } from "./make.ts";
import { union } from "./name-sets.ts";
import { nameOfRef } from "./names.ts";
import { comprehensionTerms, isComprehension } from "./parts.ts";
import { mapAll, mapExpr, mapTerm, type Rewriter } from "./rewriter.ts";
import { compileFault } from "./stage.ts";
import { pathBelowData } from "./text.ts";
import { boundBy, type CaptureContext, checkDeclared } from "./undeclared.ts";
import { varsOfTerm } from "./vars.ts";

type Template = Extract<Term, { kind: "templatestring" }>;
type Names = ReadonlySet<string>;

/**
 * OPA's stage RewriteTemplateStrings: `$"a {x.y}"` becomes `internal.template_string(["a ", {v | v = x.y}])`, so that an undefined
 * expression is an empty set. Variables become `{x}`: they are known to be defined.
 */
export function rewriteTemplates(rule: Rule, context: CaptureContext): Rule {
  const { head } = rule;
  const named = new Set(head.args?.flatMap((arg) => [...varsOfTerm(arg)]));
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
    skipsLeaves: true,
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
    skipsLeaves: true,
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
  const items = template.parts.map((part) =>
    part.kind === "expr" ? rewritePart(part, known, rewriter, context) : part,
  );
  const { loc } = template;
  const operator = builtinRef(loc, "internal.template_string");
  if (context.arity(operator) === undefined) context.report(compileFault(loc, "template-strings are not supported"));
  return { kind: "call", loc, operator, args: [{ kind: "array", loc, items }] };
}

const scalars: ReadonlySet<Term["kind"]> = new Set(["null", "boolean", "number", "string"]);

function rewritePart(part: Expr, known: Names, rewriter: Rewriter, context: CaptureContext): Term {
  const { loc } = part;
  const value = partTerm(part);
  if (isRelation(part, context)) return value;
  if (part.with.length === 0 && scalars.has(value.kind)) return value;
  // As in OPA, a `with` behind these is lost.
  if (value.kind === "var" || isAlwaysDefined(value, context)) return { kind: "set", loc, items: [value] };
  // Templates in it are closures of their own.
  checkDeclared(value, known, context);
  const local = varTerm(loc, context.names.create());
  const { terms, with: withs } = mapExpr(part, rewriter);
  const body = [{ ...eqExpr(loc, local, partTerm({ ...part, terms })), with: withs }];
  return { kind: "setcomprehension", loc, term: local, body };
}

/** What has many values has none of its own, and is refused. */
function isRelation({ terms }: Expr, { builtin, report }: CaptureContext): boolean {
  const name = terms.kind === "call" ? (nameOfRef(terms.operator) ?? "") : "";
  if (builtin(name)?.relation !== true) return false;
  report(compileFault(undefined, `illegal call to relation built-in '${name}' that may cause multiple outputs`));
  return true;
}

function isAlwaysDefined(term: Term, context: CaptureContext): boolean {
  const path = term.kind === "ref" ? pathBelowData(term) : undefined;
  return path !== undefined && context.isAlwaysDefined(path);
}

function partTerm({ terms, loc }: Expr): Term {
  if (terms.kind === "call") return { kind: "call", loc, operator: terms.operator, args: terms.args };
  return terms.kind === "term" ? terms.term : { kind: "boolean", loc, value: true };
}
