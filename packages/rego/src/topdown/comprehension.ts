import { EvaluationError } from "../run/errors.ts";
import { insertOnce } from "../run/runtime.ts";
import { RegoObject, RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import type { Bindings, Bound } from "./bindings.ts";
import { type CollectedEntry, type ComprehensionIndex, cacheKey } from "./caches.ts";
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
  const found = key === undefined ? undefined : index.get(key);
  return found === undefined || "kind" in found ? found : valueOfEntries(frame, node, found);
}

/** All that the comprehension collects while nothing around it is known. */
function makeIndex(frame: Frame, node: ComprehensionNode, indexedBy: readonly string[]): ComprehensionIndex {
  const child = frame.child(node.body, frame.names);
  const entries = new Map<string, CollectedEntry[]>();
  child.run(() => {
    const by = cacheKey(indexedBy.map((name) => child.bindings.plug(varNode(name)))) as string;
    frame.machine.run.grow(1);
    const entry = { key: node.key && child.bindings.plug(node.key), value: child.bindings.plug(node.term) };
    const known = entries.get(by);
    if (known === undefined) entries.set(by, [entry]);
    else known.push(entry);
    return undefined;
  });
  return new Map([...entries].map(([by, found]) => [by, valueOfEntries(child, node, found) ?? found] as const));
}

/** Of several values for a key the last counts. Undefined where a variable has none. */
function valueOfEntries(frame: Frame, node: ComprehensionNode, entries: readonly CollectedEntry[]): Known | undefined {
  const collected = emptyOf(node);
  for (const entry of entries) {
    const key = entry.key && frame.bindings.plug(entry.key);
    const value = frame.bindings.plug(entry.value);
    if (value.kind !== "known") return undefined;
    if (!(collected instanceof RegoObject)) add(collected, value.value);
    else if (key?.kind === "known") collected.set(key.value, value.value);
    else return undefined;
  }
  return known(collected);
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
