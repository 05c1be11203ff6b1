import type { Ref, Rule, Term } from "../syntax/ast.ts";
import type { RuleNode } from "./compiled.ts";
import { remembered } from "./remembered.ts";
import { fault, type Report } from "./stage.ts";
import { refText } from "./text.ts";
import { headTerms, ruleChain, walkBody, walkTerm } from "./walk.ts";

/** Which rules a rule (or one else branch of it) reads or calls. */
export type RuleGraph = ReadonlyMap<Rule, ReadonlySet<Rule>>;

/** OPA's stage SetGraph, over the rules as they are after the last rewriting. */
export function buildGraph(root: RuleNode, dependenciesOf: (rule: Rule) => readonly Ref[]): RuleGraph {
  const graph = new Map<Rule, ReadonlySet<Rule>>();
  for (const rule of allRules(root)) {
    graph.set(rule, neededRules(root, dependenciesOf(rule)));
  }
  return graph;
}

/** Every rule below a node, each else branch for itself. */
export function* allRules(node: RuleNode): Iterable<Rule> {
  for (const { rule } of node.rules) yield* ruleChain(rule);
  for (const child of node.children.values()) yield* allRules(child);
}

/** The refs below `data` that a rule, without its else branches, mentions. */
export const dataRefs: (rule: Rule) => readonly Ref[] = remembered((rule: Rule): readonly Ref[] => {
  const refs: Ref[] = [];
  const visit = (term: Term): boolean => {
    const head = term.kind === "ref" ? term.terms[0] : undefined;
    if (term.kind === "ref" && head?.kind === "var" && head.name === "data") refs.push(term);
    return true;
  };
  for (const term of [...(rule.head.args ?? []), ...headTerms(rule)]) walkTerm(term, visit);
  walkBody(rule.body, visit);
  return refs;
});

/** The rules that a ref may reach: on its way, at its end, and below. */
export function collectRules(node: RuleNode, operands: readonly Term[], into: Set<Rule>, from = 0): void {
  const key = operands[from];
  if (key === undefined) {
    for (const rule of allRules(node)) into.add(rule);
    return;
  }
  for (const { rule, suffix } of node.rules)
    if (mayMatch(suffix, operands, from)) for (const each of ruleChain(rule)) into.add(each);
  if (key.kind === "string") {
    const child = node.children.get(key.value);
    if (child !== undefined) collectRules(child, operands, into, from + 1);
  } else if (key.kind !== "number" && key.kind !== "boolean" && key.kind !== "null") {
    for (const child of node.children.values()) collectRules(child, operands, into, from + 1);
  }
}

/** False when a constant of the rule's ref is another than the operand at its place. */
function mayMatch(suffix: readonly Term[], operands: readonly Term[], from: number): boolean {
  return suffix.every((term, i) => {
    const operand = operands[from + i];
    if (operand === undefined || !isScalar(term) || !isScalar(operand)) return true;
    return (
      refText({ kind: "ref", loc: term.loc, terms: [term] }) ===
      refText({ kind: "ref", loc: term.loc, terms: [operand] })
    );
  });
}

function isScalar({ kind }: Term): boolean {
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "null";
}

/** The graph as it is asked for: each rule's needs are found once. */
export function lazyGraph(root: RuleNode): (rule: Rule) => ReadonlySet<Rule> {
  const known = new Map<Rule, ReadonlySet<Rule>>();
  return (rule) => {
    const needed = known.get(rule) ?? neededRules(root, dataRefs(rule));
    known.set(rule, needed);
    return needed;
  };
}

function neededRules(root: RuleNode, refs: readonly Ref[]): ReadonlySet<Rule> {
  const needed = new Set<Rule>();
  for (const ref of refs) collectRules(root, ref.terms, needed, 1);
  return needed;
}

/** OPA's stage CheckRecursion: no rule may need its own value. Looks at strongly connected components. */
export function checkRecursion(
  found: readonly (readonly Rule[])[],
  needed: (rule: Rule) => ReadonlySet<Rule>,
  report: Report,
): void {
  for (const component of found) {
    const [first] = component;
    if (component.length === 1 && first !== undefined && !needed(first).has(first)) continue;
    const inside = new Set(component);
    for (const rule of component.toSorted((a, b) => a.loc.offset - b.loc.offset)) {
      const path = findCycle(needed, rule, inside);
      if (path === undefined) continue;
      const text = path.map(({ head }) => refText(head.ref)).join(" -> ");
      report(fault("rego_recursion_error", rule.loc, `rule ${refText(rule.head.ref)} is recursive: ${text}`));
    }
  }
}

/** The shortest way from a rule back to itself. */
function findCycle(
  needed: (rule: Rule) => ReadonlySet<Rule>,
  start: Rule,
  inside: ReadonlySet<Rule>,
): readonly Rule[] | undefined {
  const from = new Map<Rule, Rule>();
  const queue: Rule[] = [start];
  for (let i = 0; i < queue.length; i++) {
    const rule = queue[i] as Rule;
    for (const next of needed(rule)) {
      if (next === start) return [...wayTo(rule, start, from), start];
      if (!inside.has(next) || from.has(next)) continue;
      from.set(next, rule);
      queue.push(next);
    }
  }
  return undefined;
}

function wayTo(rule: Rule, start: Rule, from: ReadonlyMap<Rule, Rule>): readonly Rule[] {
  const way: Rule[] = [];
  for (let each: Rule | undefined = rule; each !== undefined && each !== start; each = from.get(each))
    way.unshift(each);
  return [start, ...way];
}

interface Visit {
  readonly rule: Rule;
  readonly next: Iterator<Rule>;
}

/**
 * Strongly connected components, dependencies before what depends on them (Tarjan). With its own stack: chains of thousands of
 * rules are no fault.
 */
export function components(roots: Iterable<Rule>, needed: (rule: Rule) => Iterable<Rule>): readonly Rule[][] {
  const found: Rule[][] = [];
  const index = new Map<Rule, number>();
  const low = new Map<Rule, number>();
  const open: Rule[] = [];
  const isOpen = new Set<Rule>();
  const enter = (rule: Rule): Visit => {
    index.set(rule, index.size);
    low.set(rule, index.get(rule) as number);
    open.push(rule);
    isOpen.add(rule);
    return { rule, next: needed(rule)[Symbol.iterator]() };
  };
  const lower = (rule: Rule, to: number) => low.set(rule, Math.min(low.get(rule) as number, to));
  for (const root of roots) {
    if (index.has(root)) continue;
    const visits = [enter(root)];
    while (visits.length > 0) {
      const { rule, next } = visits.at(-1) as Visit;
      const { value, done } = next.next();
      if (done !== true) {
        if (!index.has(value)) visits.push(enter(value));
        else if (isOpen.has(value)) lower(rule, index.get(value) as number);
        continue;
      }
      visits.pop();
      const parent = visits.at(-1);
      if (parent !== undefined) lower(parent.rule, low.get(rule) as number);
      if (low.get(rule) === index.get(rule)) found.push(close(rule, open, isOpen));
    }
  }
  return found;
}

function close(rule: Rule, open: Rule[], isOpen: Set<Rule>): Rule[] {
  const component: Rule[] = [];
  for (;;) {
    const last = open.pop() as Rule;
    isOpen.delete(last);
    component.push(last);
    if (last === rule) return component;
  }
}
