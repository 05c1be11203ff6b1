import type { Block } from "../ir.ts";
import { forEachLocal, type Use } from "../statements.ts";

/** How often a local is used in each way. */
export type Counts = { readonly [use in Use]: number };

const unused: Counts = { defines: 0, grows: 0, once: 0, reads: 0, resets: 0 };

/** What one function, or a part of it, does with its locals. */
export class Analysis {
  readonly #counts = new Map<number, { [use in Use]: number }>();

  constructor(blocks: readonly Block[]) {
    for (const { stmts } of blocks) {
      for (const stmt of stmts) forEachLocal(stmt, (local, use) => this.#count(local, use));
    }
  }

  #count(local: number, use: Use): void {
    const counts = this.#counts.get(local) ?? { ...unused };
    counts[use]++;
    this.#counts.set(local, counts);
  }

  of(local: number): Counts {
    return this.#counts.get(local) ?? unused;
  }

  /** All uses of a local together. */
  total(local: number): number {
    const { defines, grows, once, reads, resets } = this.of(local);
    return defines + grows + once + reads + resets;
  }

  /** Locals that may hold another value afterwards. */
  get changed(): readonly number[] {
    return [...this.#counts]
      .filter(([, { defines, once, resets }]) => defines + once + resets > 0)
      .map(([local]) => local);
  }
}
