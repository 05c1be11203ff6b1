/** How much of the last period's demand is forgotten in each of ten seconds: half of it in five minutes. */
const smoothing = 0.977;

/** How many seats a priority level could have used, over the last period and, `smoothed`, over those before. */
export interface Demand {
  readonly highWatermark: number;
  readonly average: number;
  readonly deviation: number;
  readonly smoothed: number;
}

export const noDemand: Demand = { highWatermark: 0, average: 0, deviation: 0, smoothed: 0 };

/** Sums up a number that changes now and then, weighed by how long it was what it was. */
export class SeatDemand {
  readonly #now: () => number;
  #since: number;
  #value = 0;
  #highest = 0;
  #seconds = 0;
  #sum = 0;
  #squares = 0;
  #demand = noDemand;

  /** `now` in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  set(value: number): void {
    this.#integrate();
    this.#value = value;
    this.#highest = Math.max(this.#highest, value);
  }

  /** Ends a period, and begins the next. */
  endPeriod(): Demand {
    this.#integrate();
    const highWatermark = this.#highest;
    this.#demand = this.#seconds > 0 ? this.#weighed(highWatermark) : { ...this.#demand, highWatermark };
    this.#highest = this.#value;
    this.#seconds = this.#sum = this.#squares = 0;
    return this.#demand;
  }

  #weighed(highWatermark: number): Demand {
    const average = this.#sum / this.#seconds;
    const deviation = Math.sqrt(Math.max(0, this.#squares / this.#seconds - average ** 2));
    const envelope = average + deviation;
    const smoothed = Math.max(envelope, smoothing * this.#demand.smoothed + (1 - smoothing) * envelope);
    return { highWatermark, average, deviation, smoothed };
  }

  #integrate(): void {
    const now = this.#now();
    const seconds = (now - this.#since) / 1000;
    this.#since = now;
    this.#seconds += seconds;
    this.#sum += this.#value * seconds;
    this.#squares += this.#value ** 2 * seconds;
  }
}
