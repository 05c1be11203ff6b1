import { lookup } from "../value/access.ts";
import type { Value } from "../value/value.ts";
import { baseDocument } from "./base-data.ts";
import { evaluateComplete } from "./complete.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { timed } from "./instrumentation.ts";
import { beginsWith, type Node, refNode } from "./node.ts";
import { evaluatePartial } from "./partial-rules.ts";
import type { Subject } from "./rule-conditions.ts";
import { type Candidates, type Look, unboundValue, unknownValue } from "./rule-index.ts";
import type { RuleTreeNode } from "./rule-tree.ts";
import { saveUnify } from "./saving.ts";
import { stepNode } from "./trace.ts";
import type { Descent } from "./tree.ts";
import { isUnknown } from "./unknown.ts";

/** A ref that has led to rules: `at` is the place of the key that names them. */
export interface Virtual extends Descent {
  readonly node: RuleTreeNode;
  readonly candidates: Candidates;
}

/** The rules of a ref, by their kind. */
export function evaluateRules(descent: Descent & { readonly node: RuleTreeNode }, next: Next): Stop | undefined {
  const { frame, ref, plugged, at, bindings, result, node } = descent;
  const index = node.index(frame.machine.tree);
  const candidates = findCandidates(frame, node, plugged.slice(0, at + 1), undefined);
  // Rules in order are not evaluated by halves.
  if (candidates.otherwise.size > 0 && isUnknown(frame, refNode(ref), bindings))
    return saveUnify(frame, refNode(ref), result.node, bindings, result.bindings, next);
  const virtual: Virtual = { ...descent, candidates };
  if (index.isSet || !index.onlyGroundRefs) return evaluatePartial(virtual, next);
  return evaluateComplete(virtual, next);
}

/** What the index knows of the rules at a node. */
export function findCandidates(
  frame: Frame,
  node: RuleTreeNode,
  ref: readonly Node[],
  args: readonly Node[] | undefined,
): Candidates {
  const { tree, instrumentation, ruleIndexing } = frame.machine;
  const look: Look = ruleIndexing ? lookIn(frame, args) : () => unknownValue;
  const found = timed(instrumentation, "eval_op_rule_index", () => node.index(tree).candidates(look));
  const count = `matched ${found.rules.length} rule${found.rules.length === 1 ? "" : "s"}`;
  frame.trace("Index", stepNode(frame.step), `(${count}${found.earlyExit ? ", early exit" : ""})`, ref);
  return found;
}

/** What is known of documents and arguments without evaluating anything. */
function lookIn(frame: Frame, args: readonly Node[] | undefined): Look {
  const { partial, instrumentation } = frame.machine;
  const isUnknownDocument = (terms: readonly Node[]) =>
    partial?.inlining.isDisabled(terms, true) === true || partial?.saveSet.containsDocument(terms) === true;
  const look = (subject: Subject): ReturnType<Look> => {
    if (subject.kind === "arg") {
      const arg = args?.[subject.at];
      if (arg === undefined) return unknownValue;
      const plugged = frame.bindings.plug(arg, frame.machine.caller);
      if (plugged.kind === "known") return plugged.value;
      return plugged.kind === "var" ? unboundValue : unknownValue;
    }
    const { terms } = subject;
    if (isUnknownDocument(terms)) return unknownValue;
    if (beginsWith(terms, "data")) return baseDocument(frame, terms);
    return frame.input?.kind === "known" ? valueBelow(frame.input.value, terms) : undefined;
  };
  if (instrumentation === undefined) return look;
  // Base documents are timed where they are read.
  return (subject) =>
    subject.kind !== "arg" && beginsWith(subject.terms, "data") && !isUnknownDocument(subject.terms)
      ? look(subject)
      : instrumentation.timed("eval_op_resolve", () => look(subject));
}

function valueBelow(document: Value, terms: readonly Node[]): Value | undefined {
  let value: Value | undefined = document;
  for (const key of terms.slice(1))
    value = value === undefined || key.kind !== "known" ? undefined : lookup(value, key.value);
  return value;
}
