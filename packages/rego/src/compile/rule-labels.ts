import type { Module, Rule } from "../syntax/ast.ts";
import { canonicalText } from "../value/collection.ts";
import type { JsonObject } from "../value/value.ts";
import { AnnotationSet } from "./annotation-set.ts";
import type { Compiled } from "./compiled.ts";
import { remembered } from "./remembered.ts";

/** The labels that annotations give a rule. */
export interface MergedLabels {
  readonly labels: JsonObject;
  /** The same for the same labels. */
  readonly key: string;
}

/** The labels of annotations around each rule: of the packages above, its package, its document and itself, what stands nearer wins. */
export class RuleLabels {
  /** False where no annotation has any. */
  readonly areAny: boolean;
  readonly #annotations: AnnotationSet | undefined;
  readonly #known = new Map<Rule, MergedLabels | undefined>();

  constructor(modules: readonly Module[]) {
    this.areAny = modules.some(({ annotations }) => annotations.some(({ labels }) => labels !== undefined));
    this.#annotations = this.areAny ? new AnnotationSet(modules) : undefined;
  }

  /** Undefined for a rule without labels. */
  of(rule: Rule, module: Module): MergedLabels | undefined {
    if (this.#annotations === undefined) return undefined;
    if (!this.#known.has(rule)) this.#known.set(rule, merged(this.#annotations, rule, module));
    return this.#known.get(rule);
  }
}

function merged(annotations: AnnotationSet, rule: Rule, module: Module): MergedLabels | undefined {
  const chain = annotations.chain(rule, module).toReversed();
  const entries = chain.flatMap(({ annotations: each }) => Object.entries((each?.labels ?? {}) as JsonObject));
  if (entries.length === 0) return undefined;
  const labels: JsonObject = Object.fromEntries(entries);
  return { labels, key: canonicalText(labels) };
}

/** Of all modules of a compilation. */
export const ruleLabelsOf: (compiled: Compiled) => RuleLabels = remembered(({ modules }) => new RuleLabels(modules));
