/** Pauses that double with each further time: of something that is done again and again, by its name. */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #last = new Map<string, { readonly at: number; readonly pauseMs: number }>();

  constructor(firstMs: number, longestMs: number) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
  }

  /** How long to wait still; 0 when it may be done now, which counts as done. Names of long ago are forgotten. */
  waitOf(name: string, now: number): number {
    const last = this.#last.get(name);
    if (last !== undefined && last.at + last.pauseMs > now) return last.at + last.pauseMs - now;
    for (const [key, { at }] of this.#last) if (at + 2 * this.#longestMs < now) this.#last.delete(key);
    const pauseMs = this.#last.has(name) && last ? Math.min(last.pauseMs * 2, this.#longestMs) : this.#firstMs;
    this.#last.set(name, { at: now, pauseMs });
    return 0;
  }
}
