import type { Body, Expr, ExprTerms, Location, Term } from "./ast.ts";

/** The body with one place for all that is in it, as OPA gives to a literal behind `else if`. */
export function relocateBody(body: Body, loc: Location): Body {
  return body.map((expr) => relocateExpr(expr, loc));
}

function relocateExpr(expr: Expr, loc: Location): Expr {
  const withs = expr.with.map(({ target, value }) => ({
    loc,
    target: relocateTerm(target, loc),
    value: relocateTerm(value, loc),
  }));
  return { ...expr, loc, with: withs, terms: relocateTerms(expr.terms, loc) };
}

function relocateTerms(terms: ExprTerms, loc: Location): ExprTerms {
  const move = (term: Term): Term => relocateTerm(term, loc);
  switch (terms.kind) {
    case "term":
      return { ...terms, term: move(terms.term) };
    case "call":
      return { ...terms, operator: relocateTerm(terms.operator, loc), args: terms.args.map(move) };
    case "some":
      return { ...terms, loc, symbols: terms.symbols.map(move) };
    case "every": {
      const { key, value, domain, body } = terms;
      const moved = { value: move(value), domain: move(domain), body: relocateBody(body, loc) };
      return { ...terms, loc, key: key && move(key), ...moved };
    }
    case "not":
      return { ...terms, loc, body: relocateBody(terms.body, loc) };
    case "and":
    case "or":
      return { ...terms, loc, left: relocateBody(terms.left, loc), right: relocateBody(terms.right, loc) };
  }
}

/** The term with one place for all that is in it. */
export function relocateTerm<T extends Term>(term: T, loc: Location): T {
  return relocated(term, loc) as T;
}

function relocated(term: Term, loc: Location): Term {
  const move = (each: Term): Term => relocateTerm(each, loc);
  switch (term.kind) {
    case "ref":
      return { ...term, loc, terms: term.terms.map(move) };
    case "array":
    case "set":
      return { ...term, loc, items: term.items.map(move) };
    case "object":
      return { ...term, loc, entries: term.entries.map(([key, value]) => [move(key), move(value)] as const) };
    case "call":
      return { ...term, loc, operator: relocateTerm(term.operator, loc), args: term.args.map(move) };
    case "arraycomprehension":
    case "setcomprehension":
      return { ...term, loc, term: move(term.term), body: relocateBody(term.body, loc) };
    case "objectcomprehension": {
      const [key, value] = [move(term.key), move(term.value)];
      return { ...term, loc, key, value, body: relocateBody(term.body, loc) };
    }
    case "templatestring": {
      // What is written between braces is known by its place alone.
      const parts = term.parts.map((part) => (part.kind === "expr" ? relocateExpr(part, loc) : part));
      return { ...term, loc, parts };
    }
    default:
      return { ...term, loc };
  }
}
