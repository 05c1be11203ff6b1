/** What is known of a local's value where a statement stands; to be in here at all means to be defined. */
export interface Fact {
  /** The constant's own text, to be written instead of the local. */
  readonly text?: string;
  /** True for constants that `===` compares as Rego does. */
  readonly isScalar?: boolean;
  /** Texts of the members of a constant collection that holds a few scalars. */
  readonly members?: readonly string[];
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
