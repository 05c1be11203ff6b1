import { compareNumbers, numberFromText } from "../value/number.ts";
import { compareStrings } from "../value/string-order.ts";
import type { Body, Expr, Head, Ref, Rule, Term } from "./ast.ts";

/** OPA's order of kinds of terms: v1/ast/compare.go. */
const ranks: { readonly [kind in Term["kind"]]: number } = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  templatestring: 4,
  var: 5,
  ref: 6,
  array: 7,
  object: 8,
  set: 9,
  arraycomprehension: 10,
  objectcomprehension: 11,
  setcomprehension: 12,
  call: 13,
};

/** Negative, zero or positive: OPA's order of terms, as written rather than as evaluated. */
export function compareTerms(a: Term, b: Term): number {
  if (a === b) return 0;
  switch (a.kind) {
    case "boolean":
      if (b.kind === a.kind) return Number(a.value) - Number(b.value);
      break;
    case "number":
      if (b.kind === a.kind) return compareNumbers(numberFromText(a.text) ?? 0, numberFromText(b.text) ?? 0);
      break;
    case "string":
      if (b.kind === a.kind) return compareStrings(a.value, b.value);
      break;
    case "var":
      if (b.kind === a.kind) return compareStrings(a.name, b.name);
      break;
    case "ref":
      if (b.kind === a.kind) return compareLists(a.terms, b.terms, compareTerms);
      break;
    case "array":
      if (b.kind === a.kind) return compareLists(a.items, b.items, compareTerms);
      break;
    case "set":
      if (b.kind === a.kind)
        return compareLists(a.items.toSorted(compareTerms), b.items.toSorted(compareTerms), compareTerms);
      break;
    case "object":
      if (b.kind === a.kind) return compareLists(sorted(a.entries), sorted(b.entries), compareEntries);
      break;
    case "templatestring":
      if (b.kind === a.kind) return compareLists(a.parts, b.parts, compareParts);
      break;
    case "call":
      if (b.kind === a.kind && rankOf(a) === rankOf(b))
        return compareLists([a.operator, ...a.args], [b.operator, ...b.args], compareTerms);
      break;
    case "arraycomprehension":
    case "setcomprehension":
      if (b.kind === a.kind) return compareTerms(a.term, b.term) || compareBodies(a.body, b.body);
      break;
    case "objectcomprehension":
      if (b.kind === a.kind)
        return compareTerms(a.key, b.key) || compareTerms(a.value, b.value) || compareBodies(a.body, b.body);
      break;
    default:
  }
  return rankOf(a) - rankOf(b);
}

/** What was a template string keeps its place among the members of a set. */
function rankOf(term: Term): number {
  return ranks[term.kind === "call" && isTemplate(term.operator) ? "templatestring" : term.kind];
}

function isTemplate({ terms: [root, name] }: Ref): boolean {
  return (
    root?.kind === "var" && root.name === "internal" && name?.kind === "string" && name.value === "template_string"
  );
}

/** Of a template string: texts before expressions. */
function compareParts(a: Term | Expr, b: Term | Expr): number {
  if (a.kind === "expr") return b.kind === "expr" ? compareExprs(a, b) : 1;
  return b.kind === "expr" ? -1 : compareTerms(a, b);
}

type Entry = readonly [Term, Term];

function sorted(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => compareTerms(a[0], b[0]));
}

function compareEntries(a: Entry, b: Entry): number {
  return compareTerms(a[0], b[0]) || compareTerms(a[1], b[1]);
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i] as T, b[i] as T);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** A set or object as OPA holds it: its members in order. */
export function inOrder(term: Term): Term {
  if (term.kind === "set" && term.items.length > 1) return { ...term, items: term.items.toSorted(compareTerms) };
  return term.kind === "object" && term.entries.length > 1 ? { ...term, entries: sorted(term.entries) } : term;
}

/** True when a ref begins with another one. */
export function hasPrefix({ terms }: Ref, { terms: prefix }: Ref): boolean {
  return prefix.length <= terms.length && prefix.every((each, i) => compareTerms(each, terms[i] as Term) === 0);
}

/** Terms before calls; what is not negated first. */
export function compareExprs(a: Expr, b: Expr): number {
  return (
    exprRank(a) - exprRank(b) || Number(a.negated) - Number(b.negated) || compareExprTerms(a, b) || compareWith(a, b)
  );
}

function exprRank({ terms }: Expr): number {
  return ["some", "term", "call", "every", "not", "and", "or"].indexOf(terms.kind);
}

function compareExprTerms({ terms: a }: Expr, { terms: b }: Expr): number {
  if (a.kind === "term" && b.kind === "term") return compareTerms(a.term, b.term);
  if (a.kind === "call" && b.kind === "call")
    return compareLists([a.operator, ...a.args], [b.operator, ...b.args], compareTerms);
  if (a.kind === "every" && b.kind === "every") {
    const own = [...(a.key === undefined ? [] : [a.key]), a.value, a.domain];
    const other = [...(b.key === undefined ? [] : [b.key]), b.value, b.domain];
    return compareLists(own, other, compareTerms) || compareBodies(a.body, b.body);
  }
  return a.kind === "not" && b.kind === "not" ? compareBodies(a.body, b.body) : 0;
}

function compareWith(a: Expr, b: Expr): number {
  return compareLists(a.with, b.with, (x, y) => compareTerms(x.target, y.target) || compareTerms(x.value, y.value));
}

export function compareBodies(a: Body, b: Body): number {
  return compareLists(a, b, compareExprs);
}

/** By head, default rules behind others of the same head, then by body. */
export function compareRules(a: Rule, b: Rule): number {
  return compareHeads(a.head, b.head) || Number(a.default) - Number(b.default) || compareBodies(a.body, b.body);
}

function compareHeads(a: Head, b: Head): number {
  return (
    compareLists(a.args ?? [], b.args ?? [], compareTerms) ||
    compareLists(a.ref.terms, b.ref.terms, compareTerms) ||
    compareOptional(a.key, b.key) ||
    compareOptional(a.value, b.value)
  );
}

function compareOptional(a: Term | undefined, b: Term | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareTerms(a, b);
}
