/** A key of an object, or null for every key or item. */
export type PathStep = string | null;

/** Below this depth all is wanted: no policy names longer paths. */
const maxDepth = 32;

/** Which parts of a JSON document somebody wants to see, as a tree of keys. Of what is not wanted, nothing may be looked at. */
export class JsonPaths {
  /** All below is wanted. */
  isWhole = false;
  /** What is wanted of every entry and item. */
  any: JsonPaths | undefined;
  /** Bytes of all that was read so far, and of that the bytes that were wanted. */
  seen = 0;
  built = 0;
  readonly #children = new Map<string, JsonPaths>();
  readonly #depth: number;

  constructor(depth = 0) {
    this.#depth = depth;
  }

  /** What is wanted at a key; wanted from now on, if only to know whether it is there, which type it has, and which scalar it is. */
  step(step: PathStep): JsonPaths {
    if (this.#depth >= maxDepth) {
      this.isWhole = true;
      return this;
    }
    if (step === null) {
      this.any ??= new JsonPaths(this.#depth + 1);
      return this.any;
    }
    const known = this.#children.get(step) ?? new JsonPaths(this.#depth + 1);
    this.#children.set(step, known);
    return known;
  }

  /** What is wanted at the key of an object; undefined when it can be skipped. Only after `settle`. */
  at(key: string): JsonPaths | undefined {
    return this.#children.get(key) ?? this.any;
  }

  /** What is wanted of every entry is wanted of those with names, too. To be called once, when all is known. */
  settle(): void {
    for (const below of this.#children.values()) {
      if (this.any !== undefined) below.add(this.any);
      below.settle();
    }
    this.any?.settle();
  }

  /** After reading a document. */
  count(built: number, seen: number): void {
    this.built += built;
    this.seen += seen;
  }

  add(other: JsonPaths): void {
    this.isWhole ||= other.isWhole;
    if (other.any !== undefined) this.step(null).add(other.any);
    for (const [key, below] of other.#children) this.step(key).add(below);
  }

  /** The paths, sorted: `["spec", "containers", null, "image"]`. */
  get list(): readonly (readonly PathStep[])[] {
    if (this.isWhole) return [[]];
    const entries: [PathStep, JsonPaths][] = [...this.#children].sort(([a], [b]) => (a < b ? -1 : 1));
    if (this.any !== undefined) entries.push([null, this.any]);
    if (entries.length === 0) return this.#depth === 0 ? [] : [[]];
    return entries.flatMap(([step, below]) => below.list.map((rest) => [step, ...rest]));
  }
}
