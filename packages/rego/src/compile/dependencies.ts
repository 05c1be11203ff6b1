import type { Body, Ref, Rule, Term } from "../syntax/ast.ts";
import type { RuleNode } from "./compiled.ts";
import { collectRules } from "./recursion.ts";
import { pathOf } from "./rule-tree.ts";
import { refText } from "./text.ts";
import { headTerms, walkBody, walkExprs, walkTerm } from "./walk.ts";

/** What a query reads, directly or through rules: constant refs, each once, sorted by their text. */
export interface Dependencies {
  /** Below `input`, and below `data` where no rules are. */
  readonly base: readonly Ref[];
  /** The rules. */
  readonly virtual: readonly Ref[];
}

/** The documents that a query depends on, as `opa deps` tells them. */
export function dependenciesOf(body: Body, root: RuleNode): Dependencies {
  const search = new Search(root);
  search.body(body);
  return { base: sorted(search.base), virtual: sorted(search.virtual) };
}

class Search {
  readonly base = new Map<string, Ref>();
  readonly virtual = new Map<string, Ref>();
  readonly #root: RuleNode;
  readonly #seen = new Set<Rule>();

  constructor(root: RuleNode) {
    this.#root = root;
  }

  body(body: Body): void {
    walkBody(body, this.#visit);
    walkExprs(body, ({ terms }) => {
      if (terms.kind === "call") this.#ref(terms.operator);
      return true;
    });
  }

  readonly #visit = (term: Term): boolean => {
    if (term.kind === "ref") this.#ref(term);
    if (term.kind === "call") this.#ref(term.operator);
    return true;
  };

  #ref(ref: Ref): void {
    const [head] = ref.terms;
    if (head?.kind !== "var" || ref.terms.length === 1) return;
    if (head.name === "input") this.#addBase(ref);
    if (head.name !== "data") return;
    const rules = new Set<Rule>();
    collectRules(this.#root, ref.terms.slice(1), rules);
    if (rules.size === 0) this.#addBase(ref);
    for (const rule of rules) this.#rule(rule);
  }

  #addBase(ref: Ref): void {
    const constant = constantRef(ref);
    if (constant.terms.length > 1) this.base.set(refText(constant), constant);
  }

  #rule(rule: Rule): void {
    if (this.#seen.has(rule)) return;
    this.#seen.add(rule);
    const constant = constantRef(rule.head.ref);
    this.virtual.set(refText(constant), constant);
    for (const term of [...(rule.head.args ?? []), ...headTerms(rule)]) walkTerm(term, this.#visit);
    this.body(rule.body);
  }
}

function constantRef(ref: Ref): Ref {
  return { ...ref, terms: ref.terms.slice(0, pathOf(ref).path.length + 1) };
}

function sorted(refs: ReadonlyMap<string, Ref>): readonly Ref[] {
  return [...refs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);
}
