import { canonicalText } from "../value/collection.ts";
import type { ComprehensionNode, Known, Node } from "./node.ts";

/** What rules and functions have answered, under the documents that `with` has put in place. */
export class VirtualCache {
  readonly #levels: Map<string, Known | undefined>[] = [new Map()];

  push(): void {
    this.#levels.push(new Map());
  }

  pop(): void {
    this.#levels.pop();
  }

  /** `undefined` when nothing was kept; `value` is undefined when the rule is. */
  get(key: string | undefined): { readonly value: Known | undefined } | undefined {
    const level = this.#levels.at(-1);
    if (key === undefined || level === undefined || !level.has(key)) return undefined;
    return { value: level.get(key) };
  }

  put(key: string | undefined, value: Known | undefined): void {
    if (key !== undefined) this.#levels.at(-1)?.set(key, value);
  }
}

/** A member of what a comprehension collects, or an entry of an object. */
export interface CollectedEntry {
  readonly key: Node | undefined;
  readonly value: Node;
}

/**
 * What comprehensions collect, by the values of the variables that they are indexed by: entries where these have variables of what is
 * around the comprehension.
 */
export type ComprehensionIndex = ReadonlyMap<string, Known | readonly CollectedEntry[]>;

/** The indices of comprehensions, under the documents that `with` has put in place. */
export class ComprehensionIndices {
  readonly #levels: Map<ComprehensionNode, ComprehensionIndex>[] = [new Map()];

  push(): void {
    this.#levels.push(new Map());
  }

  pop(): void {
    this.#levels.pop();
  }

  /** What was made for the comprehension, which `make` does the first time. */
  get(node: ComprehensionNode, make: () => ComprehensionIndex): ComprehensionIndex {
    const level = this.#levels.at(-1);
    const index = level?.get(node) ?? make();
    level?.set(node, index);
    return index;
  }
}

/** A key of ground nodes; undefined when one is not. */
export function cacheKey(nodes: readonly Node[]): string | undefined {
  const parts: string[] = [];
  for (const node of nodes) {
    const text = keyText(node);
    if (text === undefined) return undefined;
    parts.push(text);
  }
  return parts.join();
}

function keyText(node: Node): string | undefined {
  if (node.kind === "known") return canonicalText(node.value);
  return node.kind === "var" && node.name === "data" ? "data" : undefined;
}

/** What `with` has put in the place of functions. A function that stands in for another sees none of them. */
export class FunctionMocks {
  readonly #groups: ReadonlyMap<string, Node>[][] = [[]];

  get(name: string): Node | undefined {
    const group = this.#groups.at(-1) ?? [];
    return group.findLast((each) => each.has(name))?.get(name);
  }

  push(mocks: ReadonlyMap<string, Node>): void {
    this.#groups.at(-1)?.push(mocks);
  }

  pop(): void {
    this.#groups.at(-1)?.pop();
  }

  hide(): void {
    this.#groups.push([]);
  }

  show(): void {
    this.#groups.pop();
  }
}
