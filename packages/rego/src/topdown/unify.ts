import { isObject } from "../value/access.ts";
import { equal, RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import type { Bindings, Bound } from "./bindings.ts";
import { evaluateComprehension } from "./comprehension.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { entriesOf, type Pairs, unifyAll } from "./lists.ts";
import { beginsWith, type ComprehensionNode, known, type Node, type RefNode } from "./node.ts";
import { equation } from "./raise.ts";
import { isSameNode } from "./save.ts";
import { saveUnify } from "./saving.ts";
import { selectTerm } from "./select.ts";
import { evaluateDocument } from "./tree.ts";

/** Makes two nodes equal, in all ways; their vars may be those of different queries. */
export function biunify(
  frame: Frame,
  first: Node,
  second: Node,
  left: Bindings,
  right: Bindings,
  next: Next,
): Stop | undefined {
  const a = left.apply(first);
  const b = right.apply(second);
  if (frame.machine.tracer !== undefined)
    frame.trace("Unify", { kind: "step", step: equation(a.node, b.node, frame.loc), loc: undefined });
  const pattern = patternOf(a.node, b.node);
  if (pattern === undefined) return unifyValues(frame, a, b, next);
  if (pattern === "never") return undefined;
  return unifyAll(frame, pattern, a.bindings, b.bindings, next);
}

function patternOf(a: Node, b: Node): Pairs | "never" | undefined {
  if (needsEvaluation(a) || needsEvaluation(b)) return undefined;
  const left = itemsOf(a);
  const right = itemsOf(b);
  if (left === undefined || right === undefined) return undefined;
  if (left.length !== right.length) return "never";
  return left.map((item, i) => [item, right[i] as Node] as const);
}

function needsEvaluation({ kind }: Node): boolean {
  return kind === "var" || kind === "ref" || kind === "comprehension";
}

function isObjectNode(node: Node): boolean {
  return node.kind === "object" || (node.kind === "known" && isObject(node.value));
}

/** The items of an array. */
function itemsOf(node: Node): readonly Node[] | undefined {
  if (node.kind === "array") return node.items;
  if (node.kind !== "known" || !Array.isArray(node.value)) return undefined;
  return node.value.map((each: Value) => known(each));
}

/** Objects have the same keys; keys are known by now. */
function unifyObjects(frame: Frame, a: Bound, b: Bound, next: Next): Stop | undefined {
  const left = pluggedEntries(a);
  const right = pluggedEntries(b);
  if (left.length !== right.length) return undefined;
  const pairs: (readonly [Node, Node])[] = [];
  for (const [key, value] of left) {
    const other = right.find(([each]) => isSameNode(each, key));
    if (other === undefined) return undefined;
    pairs.push([value, other[1]]);
  }
  return unifyAll(frame, pairs, a.bindings, b.bindings, next);
}

function pluggedEntries({ node, bindings }: Bound): readonly (readonly [Node, Node])[] {
  return (entriesOf(node) ?? []).map(([key, value]) => [bindings.plug(key), value] as const);
}

function unifyValues(frame: Frame, a: Bound, b: Bound, next: Next): Stop | undefined {
  if (isNeverEqual(a.node, b.node)) return undefined;
  const saveA = isSaved(frame, a);
  if (!saveA && a.node.kind === "ref") return unifyRef(frame, a.node, a.bindings, b, next);
  const saveB = isSaved(frame, b);
  if (!saveB && b.node.kind === "ref") return unifyRef(frame, b.node, b.bindings, a, next);
  if (saveA || saveB) return saveUnify(frame, a.node, b.node, a.bindings, b.bindings, next);
  if (a.node.kind === "comprehension") return unifyComprehension(frame, a, b, false, next);
  if (b.node.kind === "comprehension") return unifyComprehension(frame, b, a, true, next);
  return unifyPlain(frame, a, b, next);
}

/** As in OPA, a comprehension or a set on the right is not evaluated, or saved, for a scalar or a literal of another kind on the left. */
function isNeverEqual(a: Node, b: Node): boolean {
  if (needsEvaluation(a) || isSetNode(a)) return false;
  if (b.kind === "set") return true;
  if (b.kind !== "comprehension") return false;
  switch (b.collects) {
    case "array":
      return itemsOf(a) === undefined;
    case "object":
      return !isObjectNode(a);
    case "set":
      return true;
  }
}

function isSetNode(node: Node): boolean {
  return node.kind === "set" || (node.kind === "known" && node.value instanceof RegoSet);
}

function isSaved(frame: Frame, { node, bindings }: Bound): boolean {
  const saveSet = frame.machine.partial?.saveSet;
  if (saveSet === undefined) return false;
  return node.kind === "set" ? saveSet.containsInside(node, bindings) : saveSet.contains(node, bindings);
}

function unifyComprehension(frame: Frame, a: Bound, b: Bound, isSwapped: boolean, next: Next): Stop | undefined {
  return evaluateComprehension(frame, a.node as ComprehensionNode, a.bindings, b, isSwapped, next);
}

function unifyPlain(frame: Frame, a: Bound, b: Bound, next: Next): Stop | undefined {
  if (a.node.kind === "var" && b.node.kind === "var" && a.bindings === b.bindings && a.node.name === b.node.name)
    return next();
  if (a.node.kind === "var") return bindAnd(a, b, next);
  if (b.node.kind === "var") return bindAnd(b, a, next);
  if (a.node.kind === "known" && b.node.kind === "known") return equal(a.node.value, b.node.value) ? next() : undefined;
  if (isObjectNode(a.node) && isObjectNode(b.node)) return unifyObjects(frame, a, b, next);
  return isSameNode(a.bindings.plug(a.node), b.bindings.plug(b.node)) ? next() : undefined;
}

function bindAnd(variable: Bound, value: Bound, next: Next): Stop | undefined {
  const { node, bindings } = variable;
  if (node.kind !== "var") return undefined;
  bindings.bind(node, value.node, value.bindings);
  const stop = next();
  bindings.unbind(node);
  return stop;
}

function unifyRef(frame: Frame, ref: RefNode, bindings: Bindings, other: Bound, next: Next): Stop | undefined {
  if (beginsWith(ref.terms, "data")) return evaluateDocument(frame, ref, bindings, other, next);
  const base = baseOf(frame, ref, bindings);
  if (base === undefined) return undefined;
  return selectTerm({ frame, ref: ref.terms, at: 1, bindings, base, result: other }, next);
}

function baseOf(frame: Frame, ref: RefNode, bindings: Bindings): Bound | undefined {
  const head = ref.terms[0] as Node;
  if (beginsWith(ref.terms, "input")) return frame.input && { node: frame.input, bindings };
  const base = bindings.apply(head);
  return base.node === head ? undefined : base;
}
