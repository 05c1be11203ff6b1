import type { Join } from "../run/ir.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { valueAt } from "./draft.ts";
import { type Binding, type ComputeKey, JoinIndex, TooLarge } from "./join-index.ts";
import { type DataPath, isAtOrBelow } from "./path.ts";

export interface IndexLimits {
  /** Of one index. At some 200 bytes each, 4 million are 800 MB; data with more is looked through. */
  readonly maxBindings: number;
  /** Indexes of one store. A policy needs one for each conflict that it looks for. */
  readonly maxIndexes: number;
  /** An index that nobody has asked for during so many commits is dropped: it belongs to a policy that was replaced. */
  readonly maxIdleCommits: number;
}

const defaultLimits: IndexLimits = { maxBindings: 4_000_000, maxIndexes: 256, maxIdleCommits: 100_000 };

/** Building what turns out to be too large takes seconds: not with each write. */
const refusedCommits = 10_000;

/** The indexes of a store's last snapshot: made when a policy first asks, kept up to date by each commit. */
export class JoinIndexes {
  readonly #limits: IndexLimits;
  readonly #indexes = new Map<string, JoinIndex>();
  /** Joins whose index became too large, with the commit from which on it may be tried again. */
  readonly #refused = new Map<string, number>();
  #commits = 0;
  #root: JsonObject = {};

  constructor(limits: Partial<IndexLimits>) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /**
   * The rounds of a join's loops over `source` that may find one of the values; undefined when all must be run: the document is not that of the
   * last snapshot, as where `with` replaces something in it, or its index would be too large.
   */
  candidates(
    wanted: { readonly name: string; readonly join: Join; readonly compute: ComputeKey },
    source: Value,
    values: readonly Value[],
  ): readonly Binding[] | undefined {
    const known = this.#indexes.get(wanted.name);
    if (known !== undefined && known.root === source) return known.find(values);
    return this.#build(wanted, source)?.find(values);
  }

  #build({ name, join, compute }: Parameters<JoinIndexes["candidates"]>[0], source: Value): JoinIndex | undefined {
    if (this.#refused.has(name)) return undefined;
    if (valueAt(this.#root, join.prefix) !== source) return undefined;
    if (!this.#indexes.has(name) && this.#indexes.size >= this.#limits.maxIndexes) return undefined;
    try {
      const index = new JoinIndex(join, source, compute, this.#limits.maxBindings);
      this.#indexes.set(name, index);
      return index;
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      this.#refuse(name);
      return undefined;
    }
  }

  /** How many bindings each index holds. */
  get sizes(): readonly number[] {
    return [...this.#indexes.values()].map(({ size }) => size);
  }

  /** After a commit: the data's new root, and where it differs. */
  follow(root: JsonObject, changes: readonly DataPath[]): void {
    this.#root = root;
    this.#commits++;
    for (const [name, index] of this.#indexes) if (!this.#isFollowed(name, index, changes)) this.#indexes.delete(name);
    for (const [name, end] of this.#refused) if (end <= this.#commits) this.#refused.delete(name);
  }

  #refuse(name: string): void {
    this.#refused.set(name, this.#commits + refusedCommits);
  }

  /** False when an index is better made anew. */
  #isFollowed(name: string, index: JoinIndex, changes: readonly DataPath[]): boolean {
    const { prefix } = index;
    if (index.idleCommits >= this.#limits.maxIdleCommits) return false;
    if (changes.some((path) => isAtOrBelow(prefix, path))) return false;
    const below = changes.filter((path) => isAtOrBelow(path, prefix)).map((path) => path.slice(prefix.length));
    const document = valueAt(this.#root, prefix);
    if (document === undefined) return false;
    try {
      index.follow(document, below);
      return true;
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      this.#refuse(name);
      return false;
    }
  }
}
