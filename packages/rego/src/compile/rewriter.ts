import type { Body, Expr, ExprTerms, Ref, Rule, Term, With } from "../syntax/ast.ts";
import { inOrder } from "../syntax/term-order.ts";
import { type Comprehension, hasParts } from "./parts.ts";

/** What a rewriting does with the direct parts of a node. Nodes whose parts stay the same stay the same object. */
export interface Rewriter {
  readonly term: (term: Term) => Term;
  /** Bodies of comprehensions, `every`, `not`, `and` and `or`: they open a scope of their own. */
  readonly body: (body: Body) => Body;
  /** True when `term` leaves variables and strings as they are: it is not called with them. */
  readonly skipsLeaves?: boolean;
}

/** `items.map(change)`, or `items` itself when nothing changed. */
export function mapAll<T>(items: readonly T[], change: (item: T, at: number) => T): readonly T[] {
  let changed: T[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as T;
    const made = change(item, i);
    if (made !== item && changed === undefined) changed = items.slice(0, i);
    changed?.push(made);
  }
  return changed ?? items;
}

/** `mapAll` for terms. */
function mapParts(terms: readonly Term[], { term: change, skipsLeaves }: Rewriter): readonly Term[] {
  let changed: Term[] | undefined;
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i] as Term;
    const made = skipsLeaves === true && (term.kind === "var" || term.kind === "string") ? term : change(term);
    if (made !== term && changed === undefined) changed = terms.slice(0, i);
    changed?.push(made);
  }
  return changed ?? terms;
}

/** The term with its direct parts rewritten, bodies before the terms that close over them. */
export function mapTerm(term: Term, rewriter: Rewriter): Term {
  switch (term.kind) {
    case "var":
    case "string":
      return term;
    case "ref": {
      const terms = mapParts(term.terms, rewriter);
      return terms === term.terms ? term : { ...term, terms };
    }
    case "array":
    case "set": {
      const items = mapParts(term.items, rewriter);
      return items === term.items ? term : { ...term, items };
    }
    case "object": {
      const entries = mapEntries(term.entries, rewriter.term);
      return entries === term.entries ? term : { ...term, entries };
    }
    case "call":
      return mapCall(term, rewriter);
    case "arraycomprehension":
    case "setcomprehension":
    case "objectcomprehension":
      return mapComprehension(term, rewriter);
    case "templatestring": {
      const parts = mapAll(term.parts, (part) =>
        part.kind === "expr" ? mapExpr(part, rewriter) : rewriter.term(part),
      );
      return parts === term.parts ? term : { ...term, parts };
    }
    default:
      return term;
  }
}

/** The same, in the order of the members of a set or object: what is taken out of them is evaluated in it. */
export function mapInOrder(term: Term, rewriter: Rewriter): Term {
  if (term.kind !== "set" && term.kind !== "object") return mapTerm(term, rewriter);
  const parts = term.kind === "set" ? term.items : term.entries.flat();
  if (!parts.some(hasParts)) return mapTerm(term, rewriter);
  const ordered = inOrder(term);
  const made = mapTerm(ordered, rewriter);
  return made === ordered ? term : made;
}

function mapEntries(
  entries: readonly (readonly [Term, Term])[],
  change: (term: Term) => Term,
): readonly (readonly [Term, Term])[] {
  return mapAll(entries, (entry) => {
    const key = change(entry[0]);
    const value = change(entry[1]);
    return key === entry[0] && value === entry[1] ? entry : ([key, value] as const);
  });
}

function mapCall(term: Extract<Term, { kind: "call" }>, rewriter: Rewriter): Term {
  const operator = rewriter.term(term.operator) as Ref;
  const args = mapParts(term.args, rewriter);
  return operator === term.operator && args === term.args ? term : { ...term, operator, args };
}

function mapComprehension(term: Comprehension, { term: change, body: changeBody }: Rewriter): Term {
  const body = changeBody(term.body);
  if (term.kind === "objectcomprehension") {
    const key = change(term.key);
    const value = change(term.value);
    return body === term.body && key === term.key && value === term.value ? term : { ...term, body, key, value };
  }
  const head = change(term.term);
  return body === term.body && head === term.term ? term : { ...term, body, term: head };
}

/** The expression with its direct terms, bodies and `with` parts rewritten. */
export function mapExpr(expr: Expr, rewriter: Rewriter): Expr {
  const terms = mapTerms(expr.terms, rewriter);
  const withs = expr.with.length === 0 ? expr.with : mapWiths(expr.with, rewriter);
  return terms === expr.terms && withs === expr.with ? expr : { ...expr, terms, with: withs };
}

function mapWiths(withs: readonly With[], { term: change }: Rewriter): readonly With[] {
  return mapAll(withs, (each) => {
    const target = change(each.target);
    const value = change(each.value);
    return target === each.target && value === each.value ? each : { ...each, target, value };
  });
}

function mapTerms(terms: ExprTerms, rewriter: Rewriter): ExprTerms {
  const { term: change, body: changeBody } = rewriter;
  switch (terms.kind) {
    case "call": {
      const operator = change(terms.operator) as Ref;
      const args = mapParts(terms.args, rewriter);
      return operator === terms.operator && args === terms.args ? terms : { ...terms, operator, args };
    }
    case "term": {
      const term = change(terms.term);
      return term === terms.term ? terms : { ...terms, term };
    }
    case "some": {
      const symbols = mapAll(terms.symbols, change);
      return symbols === terms.symbols ? terms : { ...terms, symbols };
    }
    case "every": {
      const domain = change(terms.domain);
      const key = terms.key && change(terms.key);
      const value = change(terms.value);
      const body = changeBody(terms.body);
      const same = domain === terms.domain && key === terms.key && value === terms.value && body === terms.body;
      return same ? terms : { ...terms, domain, key, value, body };
    }
    case "not": {
      const body = changeBody(terms.body);
      return body === terms.body ? terms : { ...terms, body };
    }
    case "and":
    case "or": {
      const left = changeBody(terms.left);
      const right = changeBody(terms.right);
      return left === terms.left && right === terms.right ? terms : { ...terms, left, right };
    }
  }
}

/** Rewrites every expression below a body or rule, innermost first. */
export function exprRewriter(change: (expr: Expr) => Expr): Rewriter {
  const rewriter: Rewriter = {
    term: (term) => mapTerm(term, rewriter),
    body: (inner) => mapAll(inner, (expr) => change(mapExpr(expr, rewriter))),
    skipsLeaves: true,
  };
  return rewriter;
}

/** The rule with its head's terms and its body rewritten, then its else branches. */
export function mapRule(rule: Rule, rewriter: Rewriter): Rule {
  const { head } = rule;
  const ref = rewriter.term(head.ref) as Ref;
  const args = head.args && mapAll(head.args, rewriter.term);
  const key = head.key && rewriter.term(head.key);
  const value = head.value && rewriter.term(head.value);
  const sameHead = ref === head.ref && args === head.args && key === head.key && value === head.value;
  const body = rewriter.body(rule.body);
  const otherwise = rule.else && mapRule(rule.else, rewriter);
  if (sameHead && body === rule.body && otherwise === rule.else) return rule;
  return { ...rule, head: sameHead ? head : { ...head, ref, args, key, value }, body, else: otherwise };
}
