import type { Expr, Rule, Term } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import type { CompiledRule, RuleNode } from "./compiled.ts";
import { walkBody, walkTerm } from "./walk.ts";

/** OPA's stage CheckRecursion: no rule may need itself, directly or through others. */
export function checkRecursion(root: RuleNode, report: (diagnostic: Diagnostic) => void): void {
  const rules = allRules(root);
  const edges = new Map(rules.map((rule) => [rule, dependenciesOf(rule.rule).flatMap((path) => rulesAt(root, path))]));
  const state = new Map<CompiledRule, "open" | "done">();
  for (const start of rules) {
    const loop = findLoop(start, edges, state);
    if (loop === undefined) continue;
    const names = loop.map((rule) => `data.${rule.path.join(".")}`);
    const message = `rule ${names[0]} is recursive: ${names.join(" -> ")}`;
    report({ code: "rego_recursion_error", message, loc: loop[0]?.rule.loc });
    return;
  }
}

/** Depth first, without recursion of our own: policies may nest deeper than the stack. */
function findLoop(
  start: CompiledRule,
  edges: ReadonlyMap<CompiledRule, readonly CompiledRule[]>,
  state: Map<CompiledRule, "open" | "done">,
): readonly CompiledRule[] | undefined {
  if (state.has(start)) return undefined;
  const path: { rule: CompiledRule; next: number }[] = [{ rule: start, next: 0 }];
  state.set(start, "open");
  while (path.length > 0) {
    const top = path.at(-1) as { rule: CompiledRule; next: number };
    const target = edges.get(top.rule)?.[top.next++];
    if (target === undefined) {
      state.set(top.rule, "done");
      path.pop();
    } else if (state.get(target) === "open") {
      const from = path.findIndex((each) => each.rule === target);
      return [...path.slice(from).map((each) => each.rule), target];
    } else if (state.get(target) === undefined) {
      state.set(target, "open");
      path.push({ rule: target, next: 0 });
    }
  }
  return undefined;
}

function allRules(node: RuleNode): readonly CompiledRule[] {
  return [...node.rules, ...[...node.children.values()].flatMap(allRules)];
}

/** Paths below `data` that a rule reads; a variable operand is undefined and matches anything. */
function dependenciesOf(rule: Rule): readonly (readonly (string | undefined)[])[] {
  const paths: (readonly (string | undefined)[])[] = [];
  const visit = (term: Term): boolean => {
    if (term.kind === "ref") {
      const [head, ...rest] = term.terms;
      if (head?.kind === "var" && head.name === "data")
        paths.push(rest.map((each) => (each.kind === "string" ? each.value : undefined)));
    }
    return true;
  };
  for (let each: Rule | undefined = rule; each !== undefined; each = each.else) {
    walkBody(each.body, visit);
    for (const expr of each.body) visitOperator(expr, visit);
    for (const term of [each.head.key, each.head.value, ...(each.head.args ?? [])])
      if (term !== undefined) walkTerm(term, visit);
  }
  return paths;
}

function visitOperator(expr: Expr, visit: (term: Term) => boolean): void {
  if (expr.terms.kind === "call") visit(expr.terms.operator);
}

function rulesAt(root: RuleNode, path: readonly (string | undefined)[]): readonly CompiledRule[] {
  let nodes: readonly RuleNode[] = [root];
  const found: CompiledRule[] = [];
  for (const key of path) {
    const next = nodes.flatMap((node) =>
      key === undefined ? [...node.children.values()] : (node.children.get(key) ?? []),
    );
    nodes = next;
    found.push(...next.flatMap((node) => node.rules));
    if (next.length === 0) return found;
  }
  return [...new Set([...found, ...nodes.flatMap(allRules)])];
}
