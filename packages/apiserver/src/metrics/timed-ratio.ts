import type { Observer } from "@sallyport/kube";

const nanosecondsPerMs = 1e6;

/** A ratio that changes now and then, observed as often as nanoseconds pass: kube-apiserver's timing histograms. */
export class TimedRatio {
  readonly #observe: Observer;
  readonly #now: () => number;
  #numerator = 0;
  #denominator: number;
  #since: number;

  /** `now` in milliseconds. */
  constructor(observe: Observer, denominator: number, now: () => number) {
    this.#observe = observe;
    this.#denominator = denominator;
    this.#now = now;
    this.#since = now();
  }

  add(amount: number): void {
    this.settle();
    this.#numerator += amount;
  }

  set denominator(denominator: number) {
    this.settle();
    this.#denominator = denominator;
  }

  /** Observes what it has been until now. */
  settle(): void {
    const now = this.#now();
    const times = Math.round((now - this.#since) * nanosecondsPerMs);
    this.#since = now;
    if (times > 0) this.#observe(this.#numerator / this.#denominator, times);
  }
}
