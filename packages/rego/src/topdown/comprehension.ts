import { EvaluationError } from "../run/errors.ts";
import { insertOnce } from "../run/runtime.ts";
import { RegoObject, RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import type { Bindings, Bound } from "./bindings.ts";
import { type ComprehensionIndex, cacheKey } from "./caches.ts";
import { placeOf } from "./errors.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { type ComprehensionNode, type Known, known, type Node, varNode } from "./node.ts";
import { equation } from "./raise.ts";
import { varsInside } from "./save.ts";
import { saveUnify } from "./saving.ts";
import { isUnknown } from "./unknown.ts";

/** Makes a comprehension equal to something. `isSwapped`: it stood on the right. */
export function evaluateComprehension(
  frame: Frame,
  node: ComprehensionNode,
  bindings: Bindings,
  other: Bound,
  isSwapped: boolean,
  next: Next,
): Stop | undefined {
  if (isUnknown(frame, node, bindings)) return saveComprehension(frame, node, bindings, other, isSwapped, next);
  const indexed = fromIndex(frame, node);
  if (indexed === undefined) frame.machine.instrumentation?.count("eval_op_comprehension_cache_miss");
  return frame.biunify(indexed ?? collect(frame, node), other.node, bindings, other.bindings, next);
}

type Collected = RegoObject | RegoSet | Value[];

function emptyOf({ collects }: ComprehensionNode): Collected {
  if (collects === "array") return [];
  return collects === "object" ? new RegoObject() : new RegoSet();
}

function collect(frame: Frame, node: ComprehensionNode): Known {
  const child = frame.closure(node.body);
  const collected = emptyOf(node);
  child.run(() => {
    const value = groundValue(child, node.term);
    frame.machine.run.grow(1);
    if (collected instanceof RegoObject)
      insertOnce(collected, groundValue(child, node.key as Node), value, placeOf(node.keyLoc ?? node.loc));
    else add(collected, value);
    return undefined;
  });
  return known(collected);
}

function add(collected: RegoSet | Value[], value: Value): void {
  if (collected instanceof RegoSet) collected.add(value);
  else collected.push(value);
}

/** Undefined where there is no index, and where it has nothing: then the comprehension is evaluated after all. */
function fromIndex(frame: Frame, node: ComprehensionNode): Known | undefined {
  const { indexedBy } = node;
  const { indices, instrumentation } = frame.machine;
  if (indexedBy === undefined) {
    instrumentation?.count("eval_op_comprehension_cache_skip");
    return undefined;
  }
  let isBuilt = false;
  const index = indices.get(node, () => {
    isBuilt = true;
    return makeIndex(frame, node, indexedBy);
  });
  instrumentation?.count(`eval_op_comprehension_cache_${isBuilt ? "build" : "hit"}`);
  const key = cacheKey(indexedBy.map((name) => frame.bindings.plug(varNode(name))));
  return key === undefined ? undefined : index.get(key);
}

/**
 * All that the comprehension collects while nothing around it is known. Of several values for a key the last counts. Where it collects what
 * is around it, there is nothing to keep.
 */
function makeIndex(frame: Frame, node: ComprehensionNode, indexedBy: readonly string[]): ComprehensionIndex {
  const child = frame.child(node.body, frame.names);
  const index = new Map<string, Collected>();
  let isOpen = false;
  child.run(() => {
    isOpen ||= [node.term, node.key].some((each) => each !== undefined && child.bindings.plug(each).kind !== "known");
    if (isOpen) return undefined;
    const key = cacheKey(indexedBy.map((name) => child.bindings.plug(varNode(name)))) as string;
    const value = groundValue(child, node.term);
    frame.machine.run.grow(1);
    const collected = index.get(key) ?? emptyOf(node);
    index.set(key, collected);
    if (collected instanceof RegoObject) collected.set(groundValue(child, node.key as Node), value);
    else add(collected, value);
    return undefined;
  });
  return new Map([...(isOpen ? [] : index)].map(([key, collected]) => [key, known(collected)]));
}

/** The value of a node whose vars are all bound to known values. */
export function groundValue({ bindings }: Frame, node: Node): Value {
  const plugged = bindings.plug(node);
  if (plugged.kind !== "known") throw new EvaluationError("eval_internal_error", "a term with unbound variables");
  return plugged.value;
}

function saveComprehension(
  frame: Frame,
  node: ComprehensionNode,
  bindings: Bindings,
  other: Bound,
  isSwapped: boolean,
  next: Next,
): Stop | undefined {
  const amended = amendComprehension(frame, node, bindings);
  const { node: otherNode, bindings: otherBindings } = other;
  const right = otherNode.kind === "comprehension" ? amendComprehension(frame, otherNode, otherBindings) : otherNode;
  if (isSwapped) return saveUnify(frame, right, amended, otherBindings, bindings, next);
  return saveUnify(frame, amended, right, bindings, otherBindings, next);
}

/** The comprehension with what its vars are bound to as equations of its body: it is evaluated somewhere else. */
export function amendComprehension(frame: Frame, node: ComprehensionNode, bindings: Bindings): ComprehensionNode {
  const { caller } = frame.machine;
  const used = new Set(varsInside(node).map(({ name }) => name));
  const equations = bindings
    .entries(caller)
    .filter(([{ name }]) => used.has(name))
    .map(([variable, value]) => equation(variable, value, node.loc));
  return bindings.namespace({ ...node, indexedBy: undefined, body: [...node.body, ...equations] }, caller);
}
