import type { Ref, Rule, Term } from "../syntax/ast.ts";
import type { RuleNode } from "./compiled.ts";
import { headTerms, ruleChain } from "./parts.ts";
import { remembered } from "./remembered.ts";
import { fault, type Report } from "./stage.ts";
import { refText } from "./text.ts";
import { varsOfTerm } from "./vars.ts";
import { walkBody, walkTerms } from "./walk.ts";

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
export function allRules(node: RuleNode, into: Rule[] = []): readonly Rule[] {
  for (const { rule } of node.rules) for (let each: Rule | undefined = rule; each; each = each.else) into.push(each);
  if (node.children.size > 0) for (const child of node.children.values()) allRules(child, into);
  return into;
}

/** The refs below `data` that a rule, without its else branches, mentions. */
export const dataRefs: (rule: Rule) => readonly Ref[] = remembered((rule: Rule): readonly Ref[] => {
  const refs: Ref[] = [];
  const visit = (term: Term): boolean => {
    if (term.kind !== "ref") return true;
    const head = term.terms[0];
    if (head?.kind === "var" && head.name === "data") refs.push(term);
    return true;
  };
  if (rule.head.args !== undefined) walkTerms(rule.head.args, visit, true);
  walkTerms(headTerms(rule), visit, true);
  walkBody(rule.body, visit, true);
  if (rule.droppedBody !== undefined) walkBody(rule.droppedBody, visit, true);
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
  } else if (!isScalar(key) && !isEmptyOfVars(key)) {
    for (const child of node.children.values()) collectRules(child, operands, into, from + 1);
  }
}

/** False when the rule's ref goes on with another constant than the operand. Behind a variable constants tell OPA nothing. */
function mayMatch(suffix: readonly Term[], operands: readonly Term[], from: number): boolean {
  for (const [i, term] of suffix.entries()) {
    const operand = operands[from + i];
    if (!isScalar(term)) return true;
    if (operand === undefined || !isScalar(operand)) continue;
    if (
      refText({ kind: "ref", loc: term.loc, terms: [term] }) !==
      refText({ kind: "ref", loc: term.loc, terms: [operand] })
    )
      return false;
  }
  return true;
}

/** A collection of constants: no rule lies at it. */
function isEmptyOfVars(term: Term): boolean {
  const isCollection = term.kind === "array" || term.kind === "object" || term.kind === "set";
  return isCollection && varsOfTerm(term).size === 0;
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

/** A rule on the way: its number, the lowest one that it reaches, and what it needs, up to where that was followed. */
interface Visit {
  readonly rule: Rule;
  readonly index: number;
  low: number;
  isOpen: boolean;
  readonly needed: readonly Rule[];
  at: number;
}

/**
 * Strongly connected components, dependencies before what depends on them (Tarjan). With its own stack: chains of thousands of
 * rules are no fault.
 */
export function components(
  roots: readonly Rule[],
  needed: (rule: Rule) => Iterable<Rule>,
): readonly (readonly Rule[])[] {
  const found: (readonly Rule[])[] = [];
  const visited = new Map<Rule, Visit>();
  const open: Visit[] = [];
  const enter = (rule: Rule): Visit => {
    const index = visited.size;
    const visit: Visit = { rule, index, low: index, isOpen: true, needed: [...needed(rule)], at: 0 };
    visited.set(rule, visit);
    open.push(visit);
    return visit;
  };
  for (const root of roots) {
    if (visited.has(root)) continue;
    const way = [enter(root)];
    for (let visit = way.at(-1); visit !== undefined; visit = way.at(-1)) {
      const next = visit.needed[visit.at++];
      if (next !== undefined) {
        const known = visited.get(next);
        if (known === undefined) way.push(enter(next));
        else if (known.isOpen) visit.low = Math.min(visit.low, known.index);
        continue;
      }
      way.pop();
      const parent = way.at(-1);
      if (parent !== undefined) parent.low = Math.min(parent.low, visit.low);
      if (visit.low === visit.index) found.push(close(visit, open));
    }
  }
  return found;
}

function close(visit: Visit, open: Visit[]): readonly Rule[] {
  const component: Rule[] = [];
  for (;;) {
    const last = open.pop() as Visit;
    last.isOpen = false;
    component.push(last.rule);
    if (last === visit) return component;
  }
}
