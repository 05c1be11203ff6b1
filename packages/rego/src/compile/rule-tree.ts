import type { Module, Ref, Rule, Term } from "../syntax/ast.ts";
import type { CompiledRule, RuleNode } from "./compiled.ts";
import { functionName } from "./text.ts";

/** The constant path of a whole ref below `data`, and the terms after it. */
export function pathOf(ref: Ref): { readonly path: readonly string[]; readonly suffix: readonly Term[] } {
  const path: string[] = [];
  const terms = ref.terms.slice(1);
  for (const term of terms) {
    if (term.kind !== "string") break;
    path.push(term.value);
  }
  return { path, suffix: terms.slice(path.length) };
}

/** OPA's stage SetRuleTree: all rules by path. */
export function buildTree(units: readonly { readonly module: Module; readonly rules: readonly Rule[] }[]): RuleNode {
  const root = createNode([]);
  for (const { module, rules } of units) for (const rule of rules) insert(root, compiledRule(module, rule));
  return root;
}

function createNode(path: readonly string[]): RuleNode {
  return { path, rules: [], children: new Map() };
}

function insert(root: RuleNode, rule: CompiledRule): void {
  let node = root;
  for (const [i, key] of rule.path.entries()) {
    const next = node.children.get(key) ?? createNode(rule.path.slice(0, i + 1));
    node.children.set(key, next);
    node = next;
  }
  node.rules.push(rule);
}

function compiledRule(module: Module, rule: Rule): CompiledRule {
  const { path, suffix } = pathOf(rule.head.ref);
  const { args, key, value } = rule.head;
  const kind = args !== undefined ? "function" : key !== undefined && value === undefined ? "set" : "complete";
  return { rule, module, path, suffix, kind };
}

/** Arguments of each function by the text of its ref. */
export function aritiesOf(rules: readonly Rule[]): ReadonlyMap<string, number> {
  const arities = new Map<string, number>();
  for (const { head } of rules) {
    if (head.args === undefined) continue;
    const name = functionName(head.ref);
    if (!arities.has(name)) arities.set(name, head.args.length);
  }
  return arities;
}

/** What kind of rules lies at each path that has any. */
export function ruleKindsOf(rules: readonly Rule[]): ReadonlyMap<string, "function" | "value"> {
  const kinds = new Map<string, "function" | "value">();
  for (const { head } of rules) {
    const key = pathOf(head.ref).path.join("\0");
    if (head.args !== undefined || !kinds.has(key)) kinds.set(key, head.args === undefined ? "value" : "function");
  }
  return kinds;
}

export function ruleKindAt(
  kinds: ReadonlyMap<string, "function" | "value">,
  path: readonly string[],
): "function" | "value" | undefined {
  return kinds.get(path.join("\0"));
}
