import type { Body, Module, Rule, Term } from "../syntax/ast.ts";

/**
 * One rule, ready to be planned. Its names are resolved (`data.…`, `input.…`, `__localN__`), its calls hold no calls, and its body
 * stands in an order in which each expression can be evaluated.
 */
export interface CompiledRule {
  readonly rule: Rule;
  readonly module: Module;
  /** The constant part of its path below `data`. */
  readonly path: readonly string[];
  /** What follows: `p[x].q` has `x` and `"q"`. Empty for complete rules, functions and plain partial sets. */
  readonly suffix: readonly Term[];
  readonly kind: "complete" | "function" | "set";
}

/** A place below `data`: the rules with exactly this constant path, and the places below. */
export interface RuleNode {
  readonly path: readonly string[];
  readonly rules: CompiledRule[];
  readonly children: Map<string, RuleNode>;
}

export interface Compiled {
  readonly modules: readonly Module[];
  readonly root: RuleNode;
  /** Arguments of each user function, by its dotted path `data.pkg.f`. */
  readonly arities: ReadonlyMap<string, number>;
}

/** An ad-hoc query, ready to be planned. */
export interface CompiledQuery {
  readonly body: Body;
  /** The variables whose values make up a binding, as written. */
  readonly variables: readonly { readonly name: string; readonly local: string }[];
}

/** The node at a path, if any rule lies there or below. */
export function findNode(root: RuleNode, path: readonly string[]): RuleNode | undefined {
  let node: RuleNode | undefined = root;
  for (const key of path) node = node?.children.get(key);
  return node;
}

/** True when a rule lies at the node or below. */
export function hasRules(node: RuleNode | undefined): boolean {
  return node !== undefined && (node.rules.length > 0 || [...node.children.values()].some(hasRules));
}
