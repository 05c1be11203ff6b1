/** How fast what is only counted is used: nanoseconds of processors in a second, between two looks. */
export class Rates {
  readonly #before = new Map<string, { readonly count: bigint; readonly at: number }>();

  /** `at` in milliseconds. Undefined at the first look, and where what was counted began anew; two looks within a second are one. */
  of(key: string, count: bigint | undefined, at: number): bigint | undefined {
    if (count === undefined) return undefined;
    const before = this.#before.get(key);
    if (before === undefined || at - before.at >= 1000) this.#before.set(key, { count, at });
    if (before === undefined || at <= before.at || count < before.count) return undefined;
    return ((count - before.count) * 1000n) / BigInt(at - before.at);
  }

  /** Forgets all but these. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#before.keys()) if (!keys.has(key)) this.#before.delete(key);
  }
}
