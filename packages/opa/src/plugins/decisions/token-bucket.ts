/** Lets so many things pass per second, and as many at once after a pause; one at least. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #clock: () => number;
  #tokens: number;
  #at: number;

  /** `clock`: monotonic milliseconds. */
  constructor(perSecond: number, clock: () => number) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#tokens = Math.max(1, Math.floor(perSecond));
    this.#at = clock();
  }

  passes(): boolean {
    const now = this.#clock();
    const most = Math.max(1, Math.floor(this.#perSecond));
    this.#tokens = Math.min(most, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
