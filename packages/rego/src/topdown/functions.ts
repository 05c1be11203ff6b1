import type { Ref } from "../syntax/ast.ts";
import { equal } from "../value/collection.ts";
import { cacheKey } from "./caches.ts";
import { groundValue } from "./comprehension.ts";
import { functionConflictAt } from "./errors.ts";
import { type Frame, type Next, type Stop, suppress } from "./frame.ts";
import { biunifyLists } from "./lists.ts";
import { callOf } from "./lower.ts";
import { isKnown, type Known, known, type Node, refNode, type WalkedRule } from "./node.ts";
import { raiseTerm } from "./raise.ts";
import { childFor, noteAnswer, ruleNode } from "./rule-frame.ts";
import type { Candidates } from "./rule-index.ts";
import { nodeAt } from "./rule-tree.ts";
import { partialOf, saveCall, saveStep } from "./saving.ts";
import { saveFunctionRule } from "./support.ts";
import { isUnknown, isUnknownStep } from "./unknown.ts";
import { findCandidates } from "./virtual.ts";

/** A call of a function of a module. `args` may have the output as one more. */
interface FunctionCall {
  readonly frame: Frame;
  readonly operator: Ref;
  readonly path: readonly Node[];
  readonly args: readonly Node[];
  readonly arity: number;
  readonly candidates: Candidates;
}

export function evaluateFunction(
  frame: Frame,
  path: readonly Node[],
  operator: Ref,
  args: readonly Node[],
  next: Next,
): Stop | undefined {
  const { tree, partial } = frame.machine;
  const node = nodeAt(tree, path);
  if (node === undefined || node.rules.length === 0) return undefined;
  const candidates = findCandidates(frame, node, path, partial === undefined ? args : undefined);
  const first = candidates.rules[0] ?? candidates.defaultRule;
  if (first === undefined) return undefined;
  const call: FunctionCall = { frame, operator, path, args, arity: first.args?.length ?? 0, candidates };
  if (partial !== undefined) {
    if (candidates.otherwise.size > 0 && isUnknownStep(frame, frame.step, frame.bindings))
      return saveCall(frame, call.arity, callOf(operator, args), next);
    if (mustSave(call)) return saveSupport(call, next);
  }
  return evaluateValue(call, next);
}

/** True when the function may not be inlined, and something that it needs is unknown. */
function mustSave(call: FunctionCall): boolean {
  const { frame, path, args, arity } = call;
  const { inlining } = partialOf(frame);
  if (!needsDefault(call) && !inlining.isShallow && !inlining.isDisabled(path, false)) return false;
  return [refNode(path), ...args.slice(0, arity)].some((each) => isUnknown(frame, each, frame.bindings));
}

/** The default may matter, unless it is false and the call is a condition. */
function needsDefault({ candidates, args }: FunctionCall): boolean {
  const { defaultRule } = candidates;
  if (defaultRule === undefined) return false;
  const isCondition = defaultRule.args?.length === args.length;
  return !isCondition || defaultRule.value === undefined || !isKnown(defaultRule.value, false);
}

function saveSupport(call: FunctionCall, next: Next): Stop | undefined {
  const { frame, path, args, arity, candidates } = call;
  const { support } = partialOf(frame);
  const own = frame.namespaced(path);
  if (!support.exists(own, frame.loc)) {
    for (const rule of candidates.rules) saveFunctionRule(frame, rule, own);
    if (candidates.defaultRule !== undefined) saveFunctionRule(frame, candidates.defaultRule, own);
  }
  if (!support.exists(own, frame.loc)) return undefined;
  return saveCall(frame, arity, callOf(raiseTerm(refNode(own), frame.loc) as Ref, args), next);
}

function evaluateValue(call: FunctionCall, next: Next): Stop | undefined {
  const { frame, path, args, arity, candidates } = call;
  const { cache, partial } = frame.machine;
  const inputs = args.slice(0, arity).map((each) => frame.bindings.plug(each));
  const key = partial === undefined ? cacheKey([...path, ...inputs]) : undefined;
  const cached = cache.get(key)?.value;
  if (partial === undefined) frame.machine.countCached(cached !== undefined);
  if (cached !== undefined) return answer(call, cached, next);
  let earlier: Known | undefined;
  let deferred: Stop | undefined;
  for (const rule of candidates.rules) {
    for (const each of [rule, ...(candidates.otherwise.get(rule) ?? [])]) {
      const { value, stop } = evaluateRule(call, each, earlier, key, next);
      if (stop !== undefined && !stop.deferred) return suppress(stop);
      deferred ??= stop;
      earlier = value ?? earlier;
      if (value !== undefined) break;
    }
  }
  if (candidates.defaultRule !== undefined && earlier === undefined)
    return suppress(evaluateRule(call, candidates.defaultRule, earlier, key, next).stop);
  return suppress(deferred);
}

function answer({ frame, args, arity }: FunctionCall, value: Known, next: Next): Stop | undefined {
  const output = args[arity];
  if (output === undefined) return isKnown(value, false) ? undefined : next();
  return frame.unify(output, value, next);
}

interface Outcome {
  readonly value: Known | undefined;
  readonly stop: Stop | undefined;
}

function evaluateRule(
  call: FunctionCall,
  rule: WalkedRule,
  earlier: Known | undefined,
  key: string | undefined,
  next: Next,
): Outcome {
  const { frame, args, candidates } = call;
  const child = childFor(frame, rule);
  child.findOne = candidates.earlyExit;
  const way = new FunctionWay(call, rule, child, earlier, key);
  const node = ruleNode(rule);
  child.trace("Enter", node);
  const output = args.length > call.arity ? [rule.value as Node] : [];
  const stop = biunifyLists(child, args, [...(rule.args ?? []), ...output], frame.bindings, child.bindings, () =>
    child.evaluate(() => {
      child.trace("Exit", node, child.findOne ? "early" : "");
      noteAnswer(frame, rule);
      return way.found(next);
    }),
  );
  return { value: way.value, stop };
}

/** One rule of a function, each time a way through it is found. */
class FunctionWay {
  value: Known | undefined;
  readonly #call: FunctionCall;
  readonly #rule: WalkedRule;
  readonly #child: Frame;
  readonly #key: string | undefined;
  #earlier: Known | undefined;

  constructor(call: FunctionCall, rule: WalkedRule, child: Frame, earlier: Known | undefined, key: string | undefined) {
    this.#call = call;
    this.#rule = rule;
    this.#child = child;
    this.#earlier = earlier;
    this.#key = key;
  }

  found(next: Next): Stop | undefined {
    const { frame, args, arity } = this.#call;
    const { partial, cache } = frame.machine;
    const head = this.#rule.value as Node;
    const isCondition = args.length === arity;
    if (partial !== undefined)
      return this.#foundPartial(partial.saveSet.contains(head, this.#child.bindings) && isCondition, next);
    this.value = known(groundValue(this.#child, head));
    cache.put(this.#key, this.value);
    if (this.#earlier !== undefined && !equal(this.#earlier.value, this.value.value))
      throw functionConflictAt(this.#rule.source.loc);
    const isRepeated = this.#earlier !== undefined;
    this.#earlier = this.value;
    if (isCondition && isKnown(this.value, false)) return undefined;
    const stop = isRepeated ? undefined : next();
    if (stop === undefined) this.#child.trace("Redo", ruleNode(this.#rule));
    return stop;
  }

  /** All ways are explored, and nothing is compared: values may be unknown. A condition that may be false is saved. */
  #foundPartial(isSaved: boolean, next: Next): Stop | undefined {
    const { frame, args, arity } = this.#call;
    const head = this.#rule.value as Node;
    const node = ruleNode(this.#rule);
    if (isSaved) {
      const stop = saveStep(frame, { kind: "term", term: head }, next, this.#child.bindings);
      this.#child.trace("Redo", node);
      return stop;
    }
    const value = this.#child.bindings.plug(head);
    this.value = value.kind === "known" ? value : knownLater;
    if (args.length === arity && isKnown(value, false)) return undefined;
    const stop = next();
    if (stop === undefined) this.#child.trace("Redo", node);
    return stop;
  }
}

/** Stands for a value that is unknown yet: the rule has one. */
const knownLater: Known = known(null);
