import type { Term } from "../syntax/ast.ts";
import { compareTerms } from "../syntax/term-order.ts";

/** Vars that must be equal, with the constant that they equal. */
export interface Equals {
  readonly name: string;
  constant: Term | undefined;
}

/** Sets of vars that a query makes equal. Vars that must stay in the query stand for their set. */
export class UnionFind {
  readonly #keep: ReadonlySet<string>;
  readonly #parents = new Map<string, string>();
  readonly #roots = new Map<string, Equals>();

  constructor(keep: ReadonlySet<string>) {
    this.#keep = keep;
  }

  add(name: string): Equals {
    const found = this.find(name);
    if (found !== undefined) return found;
    const root: Equals = { name, constant: undefined };
    this.#parents.set(name, name);
    this.#roots.set(name, root);
    return root;
  }

  find(name: string): Equals | undefined {
    const parent = this.#parents.get(name);
    if (parent === undefined) return undefined;
    return parent === name ? this.#roots.get(name) : this.find(parent);
  }

  /** False when both equal constants that differ: the query can never hold. */
  merge(a: string, b: string): boolean {
    const left = this.add(a);
    const right = this.add(b);
    if (left === right) return true;
    const [root, other] = this.#keep.has(left.name) ? [left, right] : [right, left];
    this.#parents.set(other.name, root.name);
    this.#roots.delete(other.name);
    if (root.constant !== undefined && other.constant !== undefined)
      return compareTerms(root.constant, other.constant) === 0;
    root.constant ??= other.constant;
    return true;
  }
}
