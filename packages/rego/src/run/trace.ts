import { isObject } from "../value/access.ts";
import type { Value } from "../value/value.ts";
import type { Place } from "./ir.ts";

/** One look into the input, and what was found there. */
export interface Read {
  readonly path: readonly (string | number)[];
  readonly value: Value;
}

/** One member that a rule put into its set: where the rule stands, and which parts of the input it had looked at. */
export interface Derivation {
  readonly value: Value;
  readonly place: Place;
  readonly reads: readonly Read[];
}

/** More would only slow the explanation down: a refusal has a handful. */
const maxDerivations = 1000;

/** Follows the interpreter: knows where each object of the input lies by its identity. */
export class Trace {
  readonly derivations: Derivation[] = [];
  readonly #places = new Map<Value, readonly (string | number)[]>();
  #reads: Read[] = [];

  constructor(input: Value | undefined) {
    if (input !== undefined) this.#index(input, []);
  }

  #index(value: Value, path: readonly (string | number)[]): void {
    if (value === null || typeof value !== "object") return;
    this.#places.set(value, path);
    if (Array.isArray(value)) {
      for (const [i, item] of (value as readonly Value[]).entries()) this.#index(item, [...path, i]);
    } else if (isObject(value) && Object.getPrototypeOf(value) !== null) {
      for (const [key, item] of Object.entries(value as { readonly [key: string]: Value }))
        this.#index(item, [...path, key]);
    }
  }

  get mark(): number {
    return this.#reads.length;
  }

  /** Forgets what was read since: that way did not lead on. */
  reset(mark: number): void {
    if (this.#reads.length > mark) this.#reads = this.#reads.slice(0, mark);
  }

  read(source: Value, key: Value, value: Value | undefined): void {
    const place = this.#places.get(source);
    if (place === undefined || (typeof key !== "string" && typeof key !== "number")) return;
    this.#reads = [...this.#reads, { path: value === undefined ? place : [...place, key], value: value ?? source }];
  }

  derive(value: Value, place: Place): void {
    if (this.derivations.length < maxDerivations) this.derivations.push({ value, place, reads: this.#reads });
  }
}
