import type { Compiled } from "../compile/compiled.ts";
import { isGroup, type TreeNode, treeOf } from "./tree.ts";

/** What a plan was made of: while it is as it was, the plan is too, whatever else has changed. */
export class PlanNeeds {
  readonly #nodes = new Map<string, { readonly path: readonly string[]; readonly node: TreeNode | undefined }>();
  readonly #arities = new Map<string, number | undefined>();

  /** The planner has looked at a place in the tree of rules. */
  addNode(path: readonly string[], node: TreeNode | undefined): void {
    this.#nodes.set(path.join("\0"), { path, node });
  }

  /** The planner has asked for a function. */
  addArity(name: string, arity: number | undefined): void {
    this.#arities.set(name, arity);
  }

  areMetBy(compiled: Compiled): boolean {
    for (const [name, arity] of this.#arities) if (compiled.arities.get(name) !== arity) return false;
    const root = treeOf(compiled);
    for (const { path, node } of this.#nodes.values()) if (!isSame(node, nodeAt(root, path))) return false;
    return true;
  }
}

export function nodeAt(root: TreeNode, path: readonly string[]): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const key of path) node = node?.children.get(key);
  return node;
}

/** Rules by identity: the compiler takes over those of modules that are the same and were told the same. */
function isSame(a: TreeNode | undefined, b: TreeNode | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (!isSameOutside(a, b) || a.rules.length !== b.rules.length) return false;
  if (!a.rules.every(({ rule }, i) => rule === b.rules[i]?.rule)) return false;
  const keys = [...b.children.keys()];
  // A group's value is planned with all that lies below it; else what matters below was looked at itself.
  const isSameChild = isGroup(a) ? isSame : isSameOutside;
  return (
    a.children.size === b.children.size &&
    [...a.children].every(([key, child], i) => key === keys[i] && isSameChild(child, b.children.get(key) as TreeNode))
  );
}

function isSameOutside(a: TreeNode, b: TreeNode): boolean {
  return a.isDocument === b.isDocument && a.height === b.height;
}
