import { isRuleName } from "../compile/names.ts";
import type { Bindings } from "./bindings.ts";
import type { Frame } from "./frame.ts";
import { lowerTerm } from "./lower.ts";
import type { Machine, PartialState } from "./machine.ts";
import { constantPrefix, type Node, type Query, type Step, type WalkedRule } from "./node.ts";
import { rulesOf } from "./rule-tree.ts";

/** True when evaluating the node would save something: it depends on what is unknown, or may not be inlined. */
export function isUnknown(frame: Frame, node: Node, bindings: Bindings): boolean {
  const { partial } = frame.machine;
  return partial !== undefined && new UnknownSearch(frame.machine, partial).node(node, bindings);
}

export function isUnknownStep(frame: Frame, step: Step, bindings: Bindings): boolean {
  const { partial } = frame.machine;
  return partial !== undefined && new UnknownSearch(frame.machine, partial).step(step, bindings);
}

export function isUnknownQuery(frame: Frame, query: Query, bindings: Bindings): boolean {
  const { partial } = frame.machine;
  return partial !== undefined && new UnknownSearch(frame.machine, partial).query(query, bindings);
}

/** Vars count only where the search begins: `bindings` is undefined inside of rules. */
class UnknownSearch {
  readonly #machine: Machine;
  readonly #partial: PartialState;

  constructor(machine: Machine, partial: PartialState) {
    this.#machine = machine;
    this.#partial = partial;
  }

  query(query: Query, bindings: Bindings | undefined): boolean {
    return query.some((step) => this.step(step, bindings));
  }

  step({ terms, with: overrides }: Step, bindings: Bindings | undefined): boolean {
    if (overrides.length > 0) return true;
    switch (terms.kind) {
      case "term":
        return this.node(terms.term, bindings);
      case "call":
        return this.#isNondeterministic(terms.name) || this.#call(terms, bindings);
      case "every":
        return (
          [terms.domain, terms.key, terms.value].some((each) => this.node(each, bindings)) ||
          this.query(terms.body, bindings)
        );
      case "not":
        return this.query(terms.body, bindings);
    }
  }

  #isNondeterministic(name: string): boolean {
    const { builtin } = this.#machine.compiled;
    return !this.#partial.inlining.nondeterministicBuiltins && builtin(name)?.nondeterministic === true;
  }

  #call(terms: Extract<Step["terms"], { kind: "call" }>, bindings: Bindings | undefined): boolean {
    const isUser = isRuleName(terms.name);
    if (isUser && this.#ref(terms.operator.terms.map(lowerTerm), bindings)) return true;
    return terms.args.some((each) => this.node(each, bindings));
  }

  node(node: Node, bindings: Bindings | undefined): boolean {
    switch (node.kind) {
      case "known":
        return false;
      case "var":
        return bindings !== undefined && this.#partial.saveSet.containsInside(node, bindings);
      case "ref":
        return this.#ref(node.terms, bindings);
      case "array":
      case "set":
        return node.items.some((each) => this.node(each, bindings));
      case "object":
        return node.entries.some((entry) => entry.some((each) => this.node(each, bindings)));
      case "comprehension":
        return (
          (node.key !== undefined && this.node(node.key, bindings)) ||
          this.node(node.term, bindings) ||
          this.query(node.body, bindings)
        );
    }
  }

  #ref(terms: readonly Node[], bindings: Bindings | undefined): boolean {
    const { saveSet, inlining } = this.#partial;
    const isSaved =
      bindings === undefined ? saveSet.containsDocument(terms) : saveSet.contains({ kind: "ref", terms }, bindings);
    if (isSaved || inlining.isDisabled(constantPrefix(terms), true)) return true;
    if (rulesOf(this.#machine.tree, terms).some((rule) => this.#rule(rule))) return true;
    return terms.some((each) => this.node(each, bindings));
  }

  /** Rules do not change, nor what is unknown to them: the answer is remembered as long as the same refs are disabled. */
  #rule(rule: WalkedRule): boolean {
    const answers = this.#partial.unknownRules();
    const known = answers.get(rule);
    if (known !== undefined) return known;
    const answer = [rule, ...rule.otherwise].some((each) => this.#part(each));
    answers.set(rule, answer);
    return answer;
  }

  #part({ ref, args, key, value, body }: WalkedRule): boolean {
    const head = [
      ...ref.slice(1),
      ...(args ?? []),
      ...(key === undefined ? [] : [key]),
      ...(value === undefined ? [] : [value]),
    ];
    return head.some((each) => this.node(each, undefined)) || this.query(body, undefined);
  }
}
