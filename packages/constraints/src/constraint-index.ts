import type { Constraint } from "./constraint.ts";
import { parametersOf } from "./constraint.ts";
import { matchesKind } from "./match/match.ts";

/** A constraint that may be asked about objects of a kind. */
export interface Candidate {
  readonly constraint: Constraint;
  /** The same for constraints whose parameters are the same: what a template says of an object is, too. */
  readonly parameters: number;
}

/** Kinds whose constraints are known by heart: more than any cluster serves, and still little memory. */
const maxKinds = 4096;

/** A kind of what is reviewed. */
export interface ReviewedKind {
  readonly group: string;
  readonly kind: string;
}

/** Makes one kind of what has the same names: a review asks each template's index for it, and finds what is one faster than what is equal. */
export class ReviewedKinds {
  readonly #known = new Map<string, ReviewedKind>();

  of(group: string, kind: string): ReviewedKind {
    const key = `${kind}.${group}`;
    let found = this.#known.get(key);
    if (found !== undefined) return found;
    found = { group, kind };
    if (this.#known.size >= maxKinds) this.#known.clear();
    this.#known.set(key, found);
    return found;
  }
}

/** The constraints of one template. Those of other kinds than an object's cost its review nothing. */
export class ConstraintIndex {
  readonly #byName = new Map<string, Constraint>();
  #candidates: readonly Candidate[] | undefined;
  readonly #byKind = new Map<ReviewedKind, readonly Candidate[]>();

  set(constraint: Constraint): void {
    this.#byName.set(constraint.name, constraint);
    this.#forget();
  }

  delete(name: string): void {
    this.#byName.delete(name);
    this.#forget();
  }

  #forget(): void {
    this.#candidates = undefined;
    this.#byKind.clear();
  }

  /** Those whose `match.kinds` has a kind, in the order in which they were set; all where no kind is given. */
  candidates(of: ReviewedKind | undefined): readonly Candidate[] {
    this.#candidates ??= candidatesOf([...this.#byName.values()]);
    if (of === undefined) return this.#candidates;
    const known = this.#byKind.get(of);
    if (known !== undefined) return known;
    const found = this.#candidates.filter(({ constraint }) => matchesKind(constraint.match, of));
    if (this.#byKind.size >= maxKinds) this.#byKind.clear();
    this.#byKind.set(of, found);
    return found;
  }
}

function candidatesOf(constraints: readonly Constraint[]): readonly Candidate[] {
  const numbers = new Map<string, number>();
  return constraints.map((constraint) => {
    const text = JSON.stringify(parametersOf(constraint));
    const parameters = numbers.get(text) ?? numbers.size;
    numbers.set(text, parameters);
    return { constraint, parameters };
  });
}
