import { trueExpr } from "../compile/make.ts";
import { refText } from "../compile/text.ts";
import { EvaluationError } from "../run/errors.ts";
import type { Body, Expr, Location, Ref, Rule, Term } from "../syntax/ast.ts";
import { equal } from "../value/collection.ts";
import type { Bindings } from "./bindings.ts";
import type { Instrumentation } from "./instrumentation.ts";
import type { Node, Step, VarNode } from "./node.ts";
import { raiseStep, raiseTerm } from "./raise.ts";

/** Vars that are unknown, with the bindings they belong to. */
interface UnknownVars {
  readonly names: readonly string[];
  readonly bindings: Bindings;
}

/** What is unknown: documents, for the whole evaluation; vars, as long as the expressions that made them so are saved. */
export class SaveSet {
  readonly refs: readonly (readonly Node[])[];
  readonly #vars: UnknownVars[] = [];
  readonly #instrumentation: Instrumentation | undefined;

  constructor(refs: readonly (readonly Node[])[], instrumentation?: Instrumentation) {
    this.refs = refs;
    this.#instrumentation = instrumentation;
  }

  push(vars: readonly VarNode[], bindings: Bindings): void {
    this.#vars.push({ names: vars.map(({ name }) => name), bindings });
  }

  pop(): void {
    this.#vars.pop();
  }

  /** True for a var, or a ref with this head, that is unknown; and for refs above or below an unknown document. */
  contains(node: Node, bindings: Bindings): boolean {
    const instrumentation = this.#instrumentation;
    if (instrumentation === undefined) return this.#contains(node, bindings);
    return instrumentation.timed("partial_op_save_set_contains", () => this.#contains(node, bindings));
  }

  containsDocument(terms: readonly Node[]): boolean {
    const instrumentation = this.#instrumentation;
    if (instrumentation === undefined) return this.#containsDocument(terms);
    return instrumentation.timed("partial_op_save_set_contains", () => this.#containsDocument(terms));
  }

  /** True when any var inside of the node, or inside of what it is bound to, is unknown. */
  containsInside(node: Node, bindings: Bindings): boolean {
    const instrumentation = this.#instrumentation;
    if (instrumentation === undefined) return this.#inside(node, bindings);
    return instrumentation.timed("partial_op_save_set_contains_rec", () => this.#inside(node, bindings));
  }

  #contains(node: Node, bindings: Bindings): boolean {
    if (node.kind === "var") return this.#containsVar(node.name, bindings);
    if (node.kind !== "ref") return false;
    if (this.#containsDocument(node.terms)) return true;
    const [head] = node.terms;
    return head?.kind === "var" && this.#containsVar(head.name, bindings);
  }

  #containsDocument(terms: readonly Node[]): boolean {
    return this.refs.some((ref) => hasPrefix(ref, terms) || hasPrefix(terms, ref));
  }

  #inside(node: Node, bindings: Bindings): boolean {
    switch (node.kind) {
      case "known":
        return false;
      case "var": {
        const next = bindings.apply(node);
        if (next.node !== node || next.bindings !== bindings) return this.#inside(next.node, next.bindings);
        return this.#contains(node, bindings);
      }
      case "ref":
        return node.terms.some((each) => this.#inside(each, bindings));
      case "array":
      case "set":
        return node.items.some((each) => this.#inside(each, bindings));
      case "object":
        return node.entries.some((entry) => entry.some((each) => this.#inside(each, bindings)));
      case "comprehension":
        return varsInside(node).some((each) => this.#inside(each, bindings));
    }
  }

  /** The unknown vars by the names they have in the caller's query. */
  vars(caller: Bindings): Set<string> {
    const names = new Set<string>();
    for (const { names: own, bindings } of this.#vars)
      for (const name of own) {
        const plugged = bindings.plug({ kind: "var", name }, caller);
        if (plugged.kind === "var") names.add(plugged.name);
      }
    return names;
  }

  #containsVar(name: string, bindings: Bindings): boolean {
    return this.#vars.some((each) => each.bindings === bindings && each.names.includes(name));
  }
}

/** Every var that stands in a node, closures included. */
export function varsInside(node: Node): readonly VarNode[] {
  switch (node.kind) {
    case "known":
      return [];
    case "var":
      return [node];
    case "ref":
      return node.terms.flatMap(varsInside);
    case "array":
    case "set":
      return node.items.flatMap(varsInside);
    case "object":
      return node.entries.flatMap((entry) => entry.flatMap(varsInside));
    case "comprehension":
      return [
        ...(node.key === undefined ? [] : varsInside(node.key)),
        ...varsInside(node.term),
        ...node.body.flatMap(varsOfStep),
      ];
  }
}

function varsOfStep({ terms, with: overrides }: Step): readonly VarNode[] {
  const values = overrides.flatMap(({ value }) => varsInside(value));
  switch (terms.kind) {
    case "term":
      return [...varsInside(terms.term), ...values];
    case "call":
      return [...terms.args.flatMap(varsInside), ...values];
    case "every":
      return [
        ...[terms.key, terms.value, terms.domain].flatMap(varsInside),
        ...terms.body.flatMap(varsOfStep),
        ...values,
      ];
    case "not":
      return [...terms.body.flatMap(varsOfStep), ...values];
  }
}

/** True when `prefix` is how `terms` begins. */
export function hasPrefix(terms: readonly Node[], prefix: readonly Node[]): boolean {
  return prefix.length <= terms.length && prefix.every((each, i) => isSameNode(each, terms[i] as Node));
}

export function isSameNode(a: Node, b: Node): boolean {
  if (a.kind === "known") return b.kind === "known" && equal(a.value, b.value);
  if (a.kind === "var") return b.kind === "var" && a.name === b.name;
  if (a.kind === "ref") return b.kind === "ref" && a.terms.length === b.terms.length && hasPrefix(a.terms, b.terms);
  if (a.kind === "array") return b.kind === "array" && isSameItems(a.items, b.items);
  if (a.kind === "set") return b.kind === "set" && isSameItems(a.items, b.items);
  if (a.kind === "object" && b.kind === "object") return isSameItems(a.entries.flat(), b.entries.flat());
  return a === b;
}

function isSameItems(a: readonly Node[], b: readonly Node[]): boolean {
  return a.length === b.length && a.every((each, i) => isSameNode(each, b[i] as Node));
}

/** An expression of the result that is yet to be plugged, with the bindings of its two sides. */
export interface SavedStep {
  readonly step: Step;
  readonly left: Bindings;
  readonly right: Bindings | undefined;
}

/** An expression of the result, whole or to be plugged. */
export type Saved = { readonly expr: Expr } | SavedStep;

/** So many expressions mean that inlining multiplies alternatives: nobody could use them, and they must fit in memory. */
const maxExpressions = 200_000;

/** Queries that are being saved; the last one is that of the innermost rule that becomes support. */
export class SaveStack {
  #queries: Saved[][] = [[]];

  pushQuery(query: readonly Saved[] = []): void {
    this.#queries.push([...query]);
  }

  popQuery(): readonly Saved[] {
    return this.#queries.pop() as Saved[];
  }

  push(saved: Saved): void {
    this.#queries.at(-1)?.push(saved);
  }

  pop(): void {
    this.#queries.at(-1)?.pop();
  }

  peek(): readonly Saved[] {
    return this.#queries.at(-1) as Saved[];
  }
}

/** The saved expressions as a body of the caller's query. */
export function plugSaved(query: readonly Saved[], caller: Bindings, loc: Location): Body {
  return query.length === 0 ? [trueExpr(loc)] : query.map((saved) => plugOne(saved, caller));
}

export function plugOne(saved: Saved, caller: Bindings): Expr {
  if ("expr" in saved) return saved.expr;
  const { step, left, right } = saved;
  const overrides = step.with.map((each) => ({ ...each, value: left.plug(each.value, caller) }));
  const { terms } = step;
  if (terms.kind === "term")
    return raiseStep({ ...step, with: overrides, terms: { ...terms, term: left.plug(terms.term, caller) } });
  if (terms.kind !== "call") return raiseStep({ ...step, with: overrides });
  const sides = terms.name === "eq" ? [left, right ?? left] : [];
  const args = terms.args.map((each, i) => (sides[i] ?? left).plug(each, caller));
  return raiseStep({ ...step, with: overrides, terms: { ...terms, args } });
}

/** A module of support rules. */
export interface SupportModule {
  readonly path: Ref;
  readonly rules: Rule[];
}

/** Rules that the saved queries need. */
export class SaveSupport {
  #count = 0;

  readonly modules = new Map<string, SupportModule>();

  /** True when rules were saved for this path already. */
  exists(path: readonly Node[], loc: Location): boolean {
    const { packagePath, ruleRef } = splitPath(raiseRef(path, loc));
    const rules = this.modules.get(refText(packagePath))?.rules ?? [];
    const wanted = refText(ruleRef);
    return rules.some(({ head }) => {
      const text = refText(head.ref);
      return text === wanted || text.startsWith(`${wanted}.`) || text.startsWith(`${wanted}[`);
    });
  }

  /** Counts what a query or rule adds to the result. */
  count(body: Body): void {
    this.#count += body.length;
    if (this.#count > maxExpressions) throw new EvaluationError("eval_cancel_error", "too many partial results");
  }

  insert(packagePath: Ref, rule: Rule): void {
    this.count(rule.body);
    const key = refText(packagePath);
    const module = this.modules.get(key) ?? { path: packagePath, rules: [] };
    this.modules.set(key, module);
    module.rules.push(rule);
  }
}

export function raiseRef(terms: readonly Node[], loc: Location): Ref {
  return { kind: "ref", loc, terms: terms.map((each) => raiseTerm(each, loc)) };
}

const word = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A rule's whole ref as that of a package and of the rule in it. What can be a name of a package is. */
export function splitPath({ loc, terms }: Ref): { readonly packagePath: Ref; readonly ruleRef: Ref } {
  const open = terms.findIndex((term, i) => i > 0 && term.kind !== "string");
  const constant = open < 0 ? terms.length : open;
  let start = 2;
  for (let i = 2; i < constant; i++) {
    const term = terms[i] as Term;
    if (term.kind !== "string" || !word.test(term.value)) break;
    start = i;
  }
  return {
    packagePath: { kind: "ref", loc, terms: terms.slice(0, start) },
    ruleRef: ruleRefOf(terms.slice(start), loc),
  };
}

/** The ref of a rule in its package: its first key is a var there. */
export function ruleRefOf([head, ...rest]: readonly Term[], loc: Location): Ref {
  const name = head?.kind === "string" ? head.value : "";
  return { kind: "ref", loc, terms: [{ kind: "var", loc, name }, ...rest] };
}
