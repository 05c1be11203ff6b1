import type { Body, Expr, ExprTerms, Ref, Term, With } from "../syntax/ast.ts";

/** What a rewriting does with the parts of a term; each part it does not name is copied as it is. */
export interface Rewriter {
  readonly term: (term: Term) => Term;
  /** Bodies of comprehensions and `every` open a scope of their own. */
  readonly body: (body: Body) => Body;
}

/** The same term with its direct parts rewritten; the term itself where nothing changed is not kept identical. */
export function mapTerm(term: Term, rewriter: Rewriter): Term {
  const { term: map, body } = rewriter;
  switch (term.kind) {
    case "ref":
      return { ...term, terms: term.terms.map(map) };
    case "array":
    case "set":
      return { ...term, items: term.items.map(map) };
    case "object":
      return { ...term, entries: term.entries.map(([key, value]) => [map(key), map(value)] as const) };
    case "call":
      return { ...term, args: term.args.map(map) };
    case "arraycomprehension":
    case "setcomprehension": {
      const inner = body(term.body);
      return { ...term, body: inner, term: map(term.term) };
    }
    case "objectcomprehension": {
      const inner = body(term.body);
      return { ...term, body: inner, key: map(term.key), value: map(term.value) };
    }
    case "templatestring":
      return { ...term, parts: term.parts.map((part) => (part.kind === "expr" ? mapExpr(part, rewriter) : map(part))) };
    default:
      return term;
  }
}

/** The same expression with its terms and `with` parts rewritten. */
export function mapExpr(expr: Expr, rewriter: Rewriter): Expr {
  const withs = expr.with.map(
    (each): With => ({ ...each, target: rewriter.term(each.target), value: rewriter.term(each.value) }),
  );
  return { ...expr, terms: mapTerms(expr.terms, rewriter), with: withs };
}

function mapTerms(terms: ExprTerms, { term: map, body }: Rewriter): ExprTerms {
  switch (terms.kind) {
    case "term":
      return { ...terms, term: map(terms.term) };
    case "call":
      return { ...terms, args: terms.args.map(map) };
    case "some":
      return { ...terms, symbols: terms.symbols.map(map) };
    case "every": {
      const domain = map(terms.domain);
      return { ...terms, domain, key: terms.key && map(terms.key), value: map(terms.value), body: body(terms.body) };
    }
    case "not":
      return { ...terms, body: body(terms.body) };
    case "and":
    case "or":
      return { ...terms, left: body(terms.left), right: body(terms.right) };
  }
}

/** Calls `visit` for the term and, while it answers true, for all terms inside it, closures included. */
export function walkTerm(term: Term, visit: (term: Term) => boolean): void {
  if (!visit(term)) return;
  switch (term.kind) {
    case "ref":
      for (const each of term.terms) walkTerm(each, visit);
      return;
    case "array":
    case "set":
      for (const each of term.items) walkTerm(each, visit);
      return;
    case "object":
      for (const [key, value] of term.entries) {
        walkTerm(key, visit);
        walkTerm(value, visit);
      }
      return;
    case "call":
      walkTerm(term.operator, visit);
      for (const each of term.args) walkTerm(each, visit);
      return;
    case "arraycomprehension":
    case "setcomprehension":
      walkTerm(term.term, visit);
      walkBody(term.body, visit);
      return;
    case "objectcomprehension":
      walkTerm(term.key, visit);
      walkTerm(term.value, visit);
      walkBody(term.body, visit);
      return;
    case "templatestring":
      for (const part of term.parts) {
        if (part.kind === "expr") walkExpr(part, visit);
        else walkTerm(part, visit);
      }
      return;
    default:
  }
}

export function walkBody(body: Body, visit: (term: Term) => boolean): void {
  for (const expr of body) walkExpr(expr, visit);
}

export function walkExpr(expr: Expr, visit: (term: Term) => boolean): void {
  const { terms } = expr;
  if (terms.kind === "term") walkTerm(terms.term, visit);
  else if (terms.kind === "some") for (const symbol of terms.symbols) walkTerm(symbol, visit);
  else if (terms.kind === "call") {
    walkTerm(terms.operator, visit);
    for (const arg of terms.args) walkTerm(arg, visit);
  } else if (terms.kind === "not") walkBody(terms.body, visit);
  else if ("left" in terms) {
    walkBody(terms.left, visit);
    walkBody(terms.right, visit);
  } else {
    walkTerm(terms.domain, visit);
    if (terms.key !== undefined) walkTerm(terms.key, visit);
    walkTerm(terms.value, visit);
    walkBody(terms.body, visit);
  }
  for (const each of expr.with) {
    walkTerm(each.target, visit);
    walkTerm(each.value, visit);
  }
}

/** `json.unmarshal`, or undefined when an operand is no constant string. */
export function nameOfRef(ref: Ref): string | undefined {
  const parts: string[] = [];
  for (const [i, term] of ref.terms.entries()) {
    if (term.kind === "var" && i === 0) parts.push(term.name);
    else if (term.kind === "string" && i > 0) parts.push(term.value);
    else return undefined;
  }
  return parts.join(".");
}

/** Wildcards come out of the parser as `$0`, `$1`, …. */
export function isWildcard(name: string): boolean {
  return name.startsWith("$");
}
