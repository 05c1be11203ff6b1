/** What is known of a local's value where a statement stands; to be in here at all means to be defined. */
export interface Fact {
  /** The constant's own text, to be written instead of the local. */
  readonly text?: string;
  /** True for constants that `===` compares as Rego does. */
  readonly isScalar?: boolean;
  /** True for constants that JavaScript holds as a number: `===` answers for numbers that are written as plainly. */
  readonly isNumber?: boolean;
  /** The members of a constant collection that holds a few scalars or numbers. */
  readonly members?: readonly Fact[];
}

/** Whether two operands are equal; a call only where one may be no scalar, or a number that is written in another way. */
export function equalityText(
  [a, b]: readonly [string, string],
  facts: readonly [Fact | undefined, Fact | undefined],
): string {
  if (facts.some((fact) => fact?.isScalar === true)) return `${a} === ${b}`;
  const at = facts.findIndex((fact) => fact?.isNumber === true);
  if (at < 0) return `(${a} === ${b} || $.equal(${a}, ${b}))`;
  return `(${a} === ${b} || typeof ${at === 0 ? b : a} === "object" && $.equal(${a}, ${b}))`;
}

export const defined: Fact = {};

/** What is known at the current statement, block by block: what was learnt in a block is forgotten where others come in from its side. */
export class Knowledge {
  readonly #levels: Map<number, Fact>[] = [new Map()];

  of(local: number): Fact | undefined {
    return this.#levels.at(-1)?.get(local);
  }

  /** After an assignment. In the blocks around, nothing but that the local was defined can stay true. */
  learn(local: number, fact: Fact): void {
    for (const level of this.#levels) if (level.has(local)) level.set(local, defined);
    this.#levels.at(-1)?.set(local, fact);
  }

  /** After a check that the local is defined: its value has not changed. */
  confirm(local: number): void {
    const level = this.#levels.at(-1);
    if (!level?.has(local)) level?.set(local, defined);
  }

  forget(local: number): void {
    for (const level of this.#levels) level.delete(local);
  }

  /** Knows, while inside, what is known now, but of these locals nothing. */
  inside(write: () => void, except: readonly number[] = []): void {
    const level = new Map(this.#levels.at(-1));
    for (const local of except) level.delete(local);
    this.#levels.push(level);
    write();
    this.#levels.pop();
  }
}
