import type { Module, Ref, Rule, Term } from "../syntax/ast.ts";
import type { CompiledRule, RuleNode } from "./compiled.ts";
import { remembered } from "./remembered.ts";
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
  for (const { module, rules } of units) for (const rule of rules) insert(root, { rule, module, ...placeOf(rule) });
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

const placeOf = remembered((rule: Rule) => {
  const { path, suffix } = pathOf(rule.head.ref);
  const { args, key, value } = rule.head;
  const kind = args !== undefined ? "function" : key !== undefined && value === undefined ? "set" : "complete";
  return { path, suffix, kind } as const;
});

/** Its function's name, `data.pkg.f`, and its constant path as one text. */
const namesOf = remembered((rule: Rule) => ({
  name: functionName(rule.head.ref),
  key: placeOf(rule).path.join("\0"),
}));

/** The name of the rule, `data.pkg.f`, as calls have it. */
export function ruleName(rule: Rule): string {
  return namesOf(rule).name;
}

/** Arguments of each function by the text of its ref. */
export function aritiesOf(rules: readonly Rule[]): ReadonlyMap<string, number> {
  const arities = new Map<string, number>();
  for (const rule of rules) {
    const { args } = rule.head;
    if (args !== undefined && !arities.has(ruleName(rule))) arities.set(ruleName(rule), args.length);
  }
  return arities;
}

/** What kind of rules lies at each path that has any. */
export function ruleKindsOf(rules: readonly Rule[]): ReadonlyMap<string, "function" | "value"> {
  const kinds = new Map<string, "function" | "value">();
  for (const rule of rules) {
    const { head } = rule;
    const { key } = namesOf(rule);
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
