import { mergeObjects, scanKeys } from "../run/runtime.ts";
import { RegoObject, RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { baseDocument } from "./base-data.ts";
import type { Bindings, Bound } from "./bindings.ts";
import { groundValue } from "./comprehension.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { type Known, known, type Node, type RefNode, refNode, varNode } from "./node.ts";
import type { RuleTreeNode } from "./rule-tree.ts";
import { saveUnify } from "./saving.ts";
import { isUnknown } from "./unknown.ts";
import { evaluateRules } from "./virtual.ts";

/** A ref below `data` whose first `at` terms have led to `node` of the rule tree, if anything lies there. */
export interface Descent {
  readonly frame: Frame;
  readonly ref: readonly Node[];
  /** The same with keys that were found put in. */
  readonly plugged: readonly Node[];
  readonly at: number;
  readonly bindings: Bindings;
  readonly result: Bound;
  readonly node: RuleTreeNode | undefined;
}

/** A ref below `data`: base data, rules and both together. */
export function evaluateDocument(
  frame: Frame,
  ref: RefNode,
  bindings: Bindings,
  result: Bound,
  next: Next,
): Stop | undefined {
  const { terms } = ref;
  return descend({ frame, ref: terms, plugged: terms, at: 1, bindings, result, node: frame.machine.tree }, next);
}

function descend(descent: Descent, next: Next): Stop | undefined {
  const key = descent.ref[descent.at];
  if (key === undefined) return finish(descent, next);
  const plugged = descent.bindings.plug(key);
  return plugged.kind === "known" ? enter(descent, plugged, next) : enumerate(descent, key, next);
}

/** The whole document that the ref names. */
function finish({ frame, plugged, bindings, result, node }: Descent, next: Next): Stop | undefined {
  const ref = refNode(plugged);
  if (isUnknown(frame, ref, bindings)) return saveUnify(frame, ref, result.node, bindings, result.bindings, next);
  const value = extentOf(frame, plugged, node);
  return value && frame.biunify(result.node, value, result.bindings, bindings, next);
}

function enter(descent: Descent, key: Known, next: Next): Stop | undefined {
  const { frame, at } = descent;
  const plugged = descent.plugged.with(at, key);
  const isReplaced = frame.machine.isReplaced(plugged.slice(0, at + 1));
  const node = isReplaced ? undefined : descent.node?.child(key.value);
  const inner = { ...descent, plugged, node };
  return node !== undefined && node.rules.length > 0
    ? evaluateRules({ ...inner, node }, next)
    : descend({ ...inner, at: at + 1 }, next);
}

/** All keys in turn, each once: those of base data, then those of rules. */
function enumerate(descent: Descent, key: Node, next: Next): Stop | undefined {
  const { frame, plugged, at, bindings, result, node } = descent;
  const path = plugged.slice(0, at);
  if (frame.machine.partial?.inlining.isDisabled(path, true) === true)
    return saveUnify(frame, refNode(plugged), result.node, bindings, result.bindings, next);
  const visit = (value: Value) =>
    frame.biunify(known(value), key, bindings, bindings, () => enter(descent, known(value), next));
  let deferred: Stop | undefined;
  const baseKeys = keysOf(baseDocument(frame, path));
  const taken = RegoSet.of(baseKeys);
  for (const each of baseKeys) {
    const stop = visit(each);
    if (stop === undefined) continue;
    if (!stop.deferred || deferred !== undefined) return stop;
    deferred = stop;
  }
  if (deferred !== undefined) return deferred;
  for (const child of node?.children ?? []) {
    if (taken.has(child.key)) continue;
    const stop = visit(child.key);
    if (stop !== undefined) return stop;
  }
  return undefined;
}

function keysOf(document: Value | undefined): readonly Value[] {
  if (Array.isArray(document)) return document.map((_: Value, i: number) => i);
  return scanKeys(document) ?? [];
}

function extentOf(frame: Frame, path: readonly Node[], node: RuleTreeNode | undefined): Known | undefined {
  const base = baseDocument(frame, path);
  const virtual = node && leavesOf(frame, path, node);
  if (virtual === undefined) return base === undefined ? undefined : known(base);
  return known(base === undefined ? virtual : mergeObjects(base, virtual));
}

/** What all rules below a place make. */
function leavesOf(frame: Frame, path: readonly Node[], node: RuleTreeNode): RegoObject {
  const made = new RegoObject();
  for (const child of node.children) {
    if (path.length === 1 && child.key === "system") continue;
    const inner = [...path, known(child.key)];
    const value = child.rules.length > 0 ? leafOf(frame, inner) : leavesOf(frame, inner, child);
    if (value !== undefined) made.set(child.key, value);
  }
  return made;
}

function leafOf(frame: Frame, path: readonly Node[]): Value | undefined {
  const leaf = varNode("$_leaf");
  let value: Value | undefined;
  frame.unify(refNode(path), leaf, () => {
    value = groundValue(frame, leaf);
    return undefined;
  });
  return value;
}
