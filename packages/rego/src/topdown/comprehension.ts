import { EvaluationError } from "../run/errors.ts";
import { insertOnce } from "../run/runtime.ts";
import { RegoObject, RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import type { Bindings, Bound } from "./bindings.ts";
import { placeOf } from "./errors.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { type ComprehensionNode, type Known, known, type Node } from "./node.ts";
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
  return frame.biunify(collect(frame, node), other.node, bindings, other.bindings, next);
}

function collect(frame: Frame, node: ComprehensionNode): Known {
  const child = frame.closure(node.body);
  const collected: RegoObject | RegoSet | Value[] =
    node.collects === "object" ? new RegoObject() : node.collects === "set" ? new RegoSet() : [];
  child.run(() => {
    const value = groundValue(child, node.term);
    frame.machine.run.grow(1);
    if (collected instanceof RegoSet) collected.add(value);
    else if (collected instanceof RegoObject)
      insertOnce(collected, groundValue(child, node.key as Node), value, placeOf(node.loc));
    else collected.push(value);
    return undefined;
  });
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
  return bindings.namespace({ ...node, body: [...node.body, ...equations] }, caller);
}
