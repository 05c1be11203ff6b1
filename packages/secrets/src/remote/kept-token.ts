/** A credential that ends. `endsAt` in milliseconds since 1970; infinite for one that does not. */
export interface Ending<Value> {
  readonly value: Value;
  readonly endsAt: number;
}

/** Credentials that end sooner than this are fetched anew: clocks differ, and requests take their time. */
const marginMs = 5 * 60_000;

/**
 * Keeps a credential until shortly before its end. All who ask meanwhile share one question; when it fails, the old one is given out while
 * it lasts.
 */
export class KeptToken<Value> {
  readonly #fetch: () => Promise<Ending<Value>>;
  readonly #now: () => number;
  #known: (Ending<Value> & { readonly freshUntil: number }) | undefined;
  #fetching: Promise<Value> | undefined;

  constructor(fetch: () => Promise<Ending<Value>>, now: () => number) {
    this.#fetch = fetch;
    this.#now = now;
  }

  async get(): Promise<Value> {
    if (this.#known !== undefined && this.#now() < this.#known.freshUntil) return this.#known.value;
    this.#fetching ??= this.#renew().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  /** One that was refused. */
  forget(): void {
    this.#known = undefined;
  }

  async #renew(): Promise<Value> {
    try {
      const next = await this.#fetch();
      const now = this.#now();
      // Of one that is short from the start a third is left.
      const margin = Math.min(marginMs, (next.endsAt - now) / 3);
      this.#known = { ...next, freshUntil: next.endsAt - margin };
      return next.value;
    } catch (error) {
      if (this.#known === undefined || this.#now() >= this.#known.endsAt) throw error;
      return this.#known.value;
    }
  }
}
