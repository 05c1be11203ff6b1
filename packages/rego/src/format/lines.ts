import { isGenerated } from "../compile/names.ts";
import { walkExpr, walkTerm } from "../compile/walk.ts";
import type { Expr, Location, Term } from "../syntax/ast.ts";

/** What is listed between brackets: a term, an object's entry, a literal. */
export type Element = Term | Expr | readonly [Term, Term];

/** Where an element begins. */
export function placeOf(element: Element): Location {
  return isEntry(element) ? element[0].loc : element.loc;
}

export function isEntry(element: Element): element is readonly [Term, Term] {
  return Array.isArray(element);
}

/** The elements line by line, as they were written; `before` is where the list begins. */
export function groupByLine<T extends Element>(elements: readonly T[], before: Location): readonly (readonly T[])[] {
  if (elements.some(isUnplaced)) return [elements];
  const sorted = elements.toSorted((a, b) => comparePlaces(placeOf(a), placeOf(b)));
  const lines: T[][] = [[]];
  let last = before.row;
  for (const [i, element] of sorted.entries()) {
    const { row } = placeOf(element);
    if (row > last && i > 0) lines.push([]);
    (lines.at(-1) as T[]).push(element);
    last = row;
  }
  return lines;
}

export function comparePlaces(a: Location, b: Location): number {
  return a.row - b.row || a.col - b.col;
}

/** It holds an operator or a variable that nobody wrote, which has no place in the text. As in OPA, entries of objects always have theirs. */
function isUnplaced(element: Element): boolean {
  if (isEntry(element)) return false;
  let found = false;
  const visit = (term: Term): boolean => {
    found ||= isSignedName(term) || (term.kind === "var" && isGenerated(term.name));
    return !found;
  };
  if (element.kind === "expr") walkExpr(element, visit);
  else walkTerm(element, visit);
  return found || (element.kind === "expr" && isSignedCall(element));
}

function isSignedCall({ terms }: Expr): boolean {
  return terms.kind === "call" && isSign(terms.operator, terms.args);
}

function isSignedName(term: Term): boolean {
  return term.kind === "call" && isSign(term.operator, term.args);
}

/** `-x` is `0 - x`, with the sign in the place of the zero. */
function isSign(operator: Term, [first]: readonly Term[]): boolean {
  return first?.kind === "number" && first.text === "0" && first.loc.offset === operator.loc.offset;
}
