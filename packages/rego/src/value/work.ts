/** Items that one comparison may look at: more than any document in memory holds, but for one that holds the same parts again and again. */
const maxWork = 2 ** 24;

/** What is left of the work that one comparison may do. */
export class Work {
  #left: number;

  constructor(items = maxWork) {
    this.#left = items;
  }

  /** Throws `RangeError` when nothing is left. */
  spend(items = 1): void {
    if ((this.#left -= items) < 0) throw new RangeError("a comparison of too many items");
  }
}
