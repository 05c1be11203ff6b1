/**
 * Choices read from a list of numbers: the same numbers make the same program, and a shorter or smaller list makes a
 * smaller one, so that fast-check can shrink programs without knowing their grammar. Past its end a tape reads zeros:
 * the first alternative of every choice must be the smallest.
 */
export class Tape {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** A number below `limit`. */
  below(limit: number): number {
    const number = this.#numbers[this.#at++] ?? 0;
    return number % limit;
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === n - 1;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** Calls one of some functions, so that only what was chosen reads on. */
  choose<Item>(makers: readonly (() => Item)[]): Item {
    return this.pick(makers)();
  }

  list<Item>(most: number, make: () => Item, least = 0): Item[] {
    const count = least + this.below(most - least + 1);
    return Array.from({ length: count }, make);
  }
}

/** Numbers of one program: more than the longest needs would cost nothing but their making. */
const tapeLength = 900;

const maxNumber = 100_000;

/** Numbers that look random and are the same for the same seed and index, everywhere. */
export function randomTape(seed: number, index: number): number[] {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  return Array.from({ length: tapeLength }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % maxNumber;
  });
}
