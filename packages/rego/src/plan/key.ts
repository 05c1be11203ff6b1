import type { CompiledRule, RuleNode } from "../compile/compiled.ts";
import { walkExpr } from "../compile/walk.ts";
import type { Rule, Term } from "../syntax/ast.ts";
import { isGroup } from "./tree.ts";

/**
 * True when one entry of the partial rule is found without making all: each definition has a constant key, or uses its key to look
 * something up, so that a known key saves a loop.
 */
export function isSelective(node: RuleNode): boolean {
  return hasKeys(node) && node.rules.every((each) => isSelectiveRule(each));
}

/** True for partial sets, and for partial objects with one key. */
function hasKeys(node: RuleNode): boolean {
  const [first] = node.rules;
  if (first === undefined || node.children.size > 0) return false;
  if (!isGroup(node)) return first.kind === "set";
  return node.rules.every(({ suffix, kind }) => suffix.length === 1 && kind === "complete");
}

/** The key of a definition: the member of a set, or the only variable part of an object's path. */
export function keyOfRule({ rule, suffix, kind }: CompiledRule): Term {
  return (kind === "set" ? rule.head.key : suffix[0]) as Term;
}

function isSelectiveRule(each: CompiledRule): boolean {
  const key = keyOfRule(each);
  if (key.kind === "string" || key.kind === "number" || key.kind === "boolean" || key.kind === "null") return true;
  return key.kind === "var" && each.rule.else === undefined && isLookedUp(each.rule, key.name);
}

function isLookedUp(rule: Rule, name: string): boolean {
  let found = false;
  for (const expr of rule.body) {
    if (expr.negated) continue;
    walkExpr(expr, (term) => {
      if (term.kind === "ref") {
        found ||= term.terms.slice(1).some((operand) => operand.kind === "var" && operand.name === name);
      }
      return !found && !isClosure(term);
    });
  }
  return found;
}

/** True for terms with a body of their own. */
export function isClosure(term: Term): boolean {
  return term.kind === "arraycomprehension" || term.kind === "setcomprehension" || term.kind === "objectcomprehension";
}
