import { equal } from "../value/collection.ts";
import type { Bindings } from "./bindings.ts";
import { cacheKey } from "./caches.ts";
import { groundValue } from "./comprehension.ts";
import { completeConflictAt } from "./errors.ts";
import { type Next, type Stop, suppress } from "./frame.ts";
import { isKnown, type Known, known, type Node, refNode, type WalkedRule } from "./node.ts";
import { childFor, noteAnswer, ruleNode } from "./rule-frame.ts";
import { partialOf, saveUnify } from "./saving.ts";
import { selectTerm } from "./select.ts";
import { saveSupportRule, supportPath } from "./support.ts";
import { isUnknown } from "./unknown.ts";
import type { Virtual } from "./virtual.ts";

/** Rules with one value: `allow`, `limit := 5`, with their `else` branches and default. */
export function evaluateComplete(virtual: Virtual, next: Next): Stop | undefined {
  const { rules, defaultRule } = virtual.candidates;
  const first = rules[0] ?? defaultRule;
  // Functions are no part of their package's document.
  if (first === undefined || first.args !== undefined) return undefined;
  if (!isUnknown(virtual.frame, refNode(virtual.ref), virtual.bindings)) return evaluateValue(virtual, next);
  const { inlining } = partialOf(virtual.frame);
  if (
    needsDefault(virtual) ||
    inlining.isShallow ||
    inlining.isDisabled(virtual.plugged.slice(0, virtual.at + 1), false)
  )
    return saveSupport(virtual, next);
  return inline(virtual, next);
}

/** True when the default may matter: unless the value is compared with another constant. */
function needsDefault({ frame, candidates, result }: Virtual): boolean {
  const value = candidates.defaultRule?.value;
  if (value === undefined) return false;
  if (isKnown(value, false) && partialOf(frame).inlining.isDisabledSide(result.node)) return false;
  const wanted = result.bindings.plug(result.node);
  if (wanted.kind !== "known") return true;
  return value.kind === "known" && equal(value.value, wanted.value);
}

function select(
  { frame, ref, at, bindings, result }: Virtual,
  node: Node,
  base: Bindings,
  next: Next,
): Stop | undefined {
  return selectTerm({ frame, ref, at: at + 1, bindings, base: base.apply(node), result }, next);
}

function evaluateValue(virtual: Virtual, next: Next): Stop | undefined {
  const { frame, bindings, plugged, at, candidates } = virtual;
  const key = cacheKey(plugged.slice(0, at + 1));
  const cached = frame.machine.cache.get(key);
  frame.machine.countCached(cached !== undefined);
  if (cached !== undefined) return cached.value && select(virtual, cached.value, bindings, next);
  let earlier: Known | undefined;
  let deferred: Stop | undefined;
  for (const rule of candidates.rules) {
    for (const each of [rule, ...(candidates.otherwise.get(rule) ?? [])]) {
      const { value, stop } = evaluateRule(virtual, each, earlier, key, next);
      if (stop !== undefined && !stop.deferred) return suppress(stop);
      deferred ??= stop;
      earlier ??= value;
      if (value !== undefined) break;
    }
  }
  if (candidates.defaultRule !== undefined && earlier === undefined)
    return suppress(evaluateRule(virtual, candidates.defaultRule, earlier, key, next).stop);
  if (earlier === undefined) frame.machine.cache.put(key, undefined);
  return suppress(deferred);
}

interface Outcome {
  readonly value: Known | undefined;
  readonly stop: Stop | undefined;
}

function evaluateRule(
  virtual: Virtual,
  rule: WalkedRule,
  earlier: Known | undefined,
  key: string | undefined,
  next: Next,
): Outcome {
  const { frame, candidates } = virtual;
  const child = childFor(frame, rule);
  child.findOne = candidates.earlyExit;
  const node = ruleNode(rule);
  child.trace("Enter", node);
  let value: Known | undefined;
  let before = earlier;
  const stop = child.evaluate(() => {
    child.trace("Exit", node, child.findOne ? "early" : "");
    noteAnswer(frame, rule);
    value = known(groundValue(child, rule.value as Node));
    if (before !== undefined) {
      if (!equal(before.value, value.value)) throw completeConflictAt(rule.source.loc);
      child.trace("Redo", node);
      return undefined;
    }
    before = value;
    frame.machine.cache.put(key, value);
    const inner = select(virtual, rule.value as Node, child.bindings, next);
    if (inner === undefined) child.trace("Redo", node);
    return inner;
  });
  return { value, stop };
}

/** Each way through a rule's body becomes part of the query. */
function inline(virtual: Virtual, next: Next): Stop | undefined {
  for (const rule of virtual.candidates.rules) {
    const child = childFor(virtual.frame, rule);
    const node = ruleNode(rule);
    child.trace("Enter", node);
    const stop = child.evaluate(() => {
      child.trace("Exit", node);
      const inner = select(virtual, rule.value as Node, child.bindings, next);
      if (inner === undefined) child.trace("Redo", node);
      return inner;
    });
    if (stop !== undefined) return stop;
  }
  return undefined;
}

function saveSupport(virtual: Virtual, next: Next): Stop | undefined {
  const { frame, ref, plugged, at, bindings, result, candidates } = virtual;
  const path = frame.namespaced(plugged.slice(0, at + 1));
  const { support } = partialOf(frame);
  let isDefined = support.exists(path, frame.loc);
  if (!isDefined) {
    const rules = [...candidates.rules, ...(candidates.defaultRule === undefined ? [] : [candidates.defaultRule])];
    for (const rule of rules)
      if (saveSupportRule(frame, rule, supportPath(frame, rule, plugged.slice(0, at + 1)))) isDefined = true;
  }
  if (!isDefined) return undefined;
  return saveUnify(frame, refNode(frame.namespaced(ref)), result.node, bindings, result.bindings, next);
}
