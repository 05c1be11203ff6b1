import type { RuleNode } from "../compile/compiled.ts";
import { isFunction } from "../compile/rule-tree.ts";

/** True when the rules at the node make one value together: some have variables in their path, or lie below others. */
export function isGroup(node: RuleNode): boolean {
  return node.rules.some(({ suffix }) => suffix.length > 0) || (node.rules.length > 0 && node.children.size > 0);
}

/** True when only functions lie at the node. */
export function isFunctionNode(node: RuleNode): boolean {
  return node.rules[0] !== undefined && isFunction(node.rules[0]);
}
