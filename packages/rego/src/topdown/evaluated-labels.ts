import type { Compiled } from "../compile/compiled.ts";
import { type RuleLabels, ruleLabelsOf } from "../compile/rule-labels.ts";
import type { Module, Rule } from "../syntax/ast.ts";
import type { JsonObject } from "../value/value.ts";

/**
 * The labels of the rules that have answered in one evaluation, `rule_labels` of decision logs: one entry for each rule, in the order in
 * which they answered; what was there already is not told again. https://www.openpolicyagent.org/docs/policy-language#labels
 */
export class EvaluatedLabels {
  readonly #labels: RuleLabels;
  #found = new Map<string, JsonObject>();

  constructor(compiled: Compiled) {
    this.#labels = ruleLabelsOf(compiled);
  }

  /** The evaluation begins, perhaps again. */
  begin(): void {
    this.#found = new Map();
  }

  /** A rule has answered. */
  add(rule: Rule, module: Module): void {
    const merged = this.#labels.of(rule, module);
    if (merged !== undefined && !this.#found.has(merged.key)) this.#found.set(merged.key, merged.labels);
  }

  get labels(): readonly JsonObject[] {
    return [...this.#found.values()];
  }
}
