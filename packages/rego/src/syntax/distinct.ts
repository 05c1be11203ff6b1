import type { Term } from "./ast.ts";
import { compareTerms, inOrder } from "./term-order.ts";

type Entry = readonly [Term, Term];

/** The entries of an object as OPA keeps them: of equal keys the first one's place, and the last one's value. */
export function distinctEntries(entries: readonly Entry[]): readonly Entry[] {
  const first = firstPlaces(entries.map(([key]) => key));
  if (first === undefined) return entries;
  const made: Entry[] = [...entries];
  for (const [i, [, value]] of entries.entries())
    made[first[i] as number] = [(made[first[i] as number] as Entry)[0], value];
  return made.filter((_, i) => first[i] === i);
}

/** The members of a set without those that are equal to an earlier one. */
export function distinctItems(items: readonly Term[]): readonly Term[] {
  const first = firstPlaces(items);
  return first === undefined ? items : items.filter((_, i) => first[i] === i);
}

/** A set or object whose members have been replaced, as OPA holds it: each member once, in order. */
export function heldTerm(term: Term): Term {
  if (term.kind === "set") return inOrder({ ...term, items: distinctItems(term.items) });
  return term.kind === "object" ? inOrder({ ...term, entries: distinctEntries(term.entries) }) : term;
}

/** For each term the place of the first one that is equal to it, as written; undefined when all are different. */
function firstPlaces(terms: readonly Term[]): readonly number[] | undefined {
  if (terms.length < 2) return undefined;
  const order = [...terms.keys()].sort((a, b) => compareTerms(terms[a] as Term, terms[b] as Term) || a - b);
  const first = [...terms.keys()];
  let found = false;
  for (let i = 1; i < order.length; i++) {
    const [before, at] = [order[i - 1] as number, order[i] as number];
    if (compareTerms(terms[before] as Term, terms[at] as Term) !== 0) continue;
    first[at] = first[before] as number;
    found = true;
  }
  return found ? first : undefined;
}
