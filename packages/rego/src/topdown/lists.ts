import { isObject } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import type { Bindings } from "./bindings.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { known, type Node } from "./node.ts";

/** Pairs of nodes that must be equal. */
export type Pairs = readonly (readonly [Node, Node])[];

/** The entries of an object, in order of their keys where these are known. */
export function entriesOf(node: Node): readonly (readonly [Node, Node])[] | undefined {
  if (node.kind === "object") return node.entries;
  if (node.kind !== "known" || !isObject(node.value)) return undefined;
  return sortedEntries(node.value).map(([key, value]) => [known(key), known(value)] as const);
}

/** Makes all pairs equal, the left ones with vars of one query and the right ones of another. */
export function unifyAll(
  frame: Frame,
  pairs: Pairs,
  left: Bindings,
  right: Bindings,
  next: Next,
  at = 0,
): Stop | undefined {
  const pair = pairs[at];
  if (pair === undefined) return next();
  return frame.biunify(pair[0], pair[1], left, right, () => unifyAll(frame, pairs, left, right, next, at + 1));
}

/** Makes lists of the same length equal, item by item. */
export function biunifyLists(
  frame: Frame,
  a: readonly Node[],
  b: readonly Node[],
  left: Bindings,
  right: Bindings,
  next: Next,
): Stop | undefined {
  if (a.length !== b.length) return undefined;
  return unifyAll(
    frame,
    a.map((each, i) => [each, b[i] as Node] as const),
    left,
    right,
    next,
  );
}
