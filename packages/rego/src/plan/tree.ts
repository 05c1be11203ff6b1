import type { Compiled, CompiledRule, RuleNode } from "../compile/compiled.ts";

import { remembered } from "../compile/remembered.ts";

/** A place below `data` as the planner sees it: packages without rules are there too, as their document is `{}`. */
export interface TreeNode {
  readonly path: readonly string[];
  readonly rules: readonly CompiledRule[];
  readonly children: ReadonlyMap<string, TreeNode>;
  /** True when the node has a value of its own, as all have but functions. */
  readonly isDocument: boolean;
  /** How many keys the longest constant path from here to a rule has. */
  readonly height: number;
}

/** The tree of all rules and packages. */
export const treeOf: (compiled: Compiled) => TreeNode = remembered(createTree);

function createTree({ root, modules }: Compiled): TreeNode {
  const packages: PackageNode = { children: new Map(), isPackage: false };
  for (const {
    package: { path },
  } of modules) {
    let node = packages;
    for (const term of path.terms.slice(1)) {
      if (term.kind !== "string") break;
      const child: PackageNode = node.children.get(term.value) ?? { children: new Map(), isPackage: false };
      node.children.set(term.value, child);
      node = child;
    }
    node.isPackage = true;
  }
  return merge([], root, packages);
}

interface PackageNode {
  readonly children: Map<string, PackageNode>;
  isPackage: boolean;
}

function merge(path: readonly string[], rules: RuleNode | undefined, packages: PackageNode | undefined): TreeNode {
  const keys = new Set([...(rules?.children.keys() ?? []), ...(packages?.children.keys() ?? [])]);
  const children = new Map(
    [...keys].map(
      (key) => [key, merge([...path, key], rules?.children.get(key), packages?.children.get(key))] as const,
    ),
  );
  const below = [...children.values()];
  const own = rules?.rules ?? [];
  return {
    path,
    rules: own,
    children,
    isDocument: packages?.isPackage === true || own.some((each) => !isFunction(each)) || below.length > 0,
    height: own.length > 0 ? 0 : Math.max(0, ...below.map((node) => node.height + 1)),
  };
}

/** True when the rules at the node make one value together: some have variables in their path, or lie below others. */
export function isGroup(node: TreeNode): boolean {
  return node.rules.some(({ suffix }) => suffix.length > 0) || (node.rules.length > 0 && node.children.size > 0);
}

/** True when only functions lie at the node. */
export function isFunctionNode(node: TreeNode): boolean {
  return node.rules[0] !== undefined && isFunction(node.rules[0]);
}

/** A function without arguments, `f() = 1`, is also a rule with a value. */
export function isFunction({ rule }: CompiledRule): boolean {
  return rule.head.args !== undefined && rule.head.args.length > 0;
}
