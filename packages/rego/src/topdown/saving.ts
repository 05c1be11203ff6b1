import { findSignature } from "../builtins/capabilities.ts";
import type { Expr } from "../syntax/ast.ts";
import type { Bindings } from "./bindings.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import type { PartialState } from "./machine.ts";
import type { Node, Override, Step, StepTerms, VarNode } from "./node.ts";
import { equation, raiseWith } from "./raise.ts";
import { stepNode } from "./trace.ts";

/** Partial evaluation is on: whoever saves has found something unknown. */
export function partialOf(frame: Frame): PartialState {
  const { partial } = frame.machine;
  if (partial === undefined) throw new Error("nothing is unknown");
  return partial;
}

/** Saves `a = b`. The vars in both become unknown for what follows. */
export function saveUnify(frame: Frame, a: Node, b: Node, b1: Bindings, b2: Bindings, next: Next): Stop | undefined {
  const { saveSet, stack } = partialOf(frame);
  const pairs = [...varsToSave(a, b1), ...varsToSave(b, b2)];
  for (const { variable, bindings } of pairs) saveSet.push([variable], bindings);
  const step: Step = { ...equation(a, b, frame.loc), with: savedOverrides(frame, frame.step.with) };
  stack.push({ step, left: b1, right: b2 });
  frame.trace("Save", stepNode(step));
  const stop = next();
  stack.pop();
  for (const _ of pairs) saveSet.pop();
  return stop;
}

/** Saves a call. Its output becomes unknown. */
export function saveCall(
  frame: Frame,
  arity: number,
  terms: Extract<StepTerms, { kind: "call" }>,
  next: Next,
): Stop | undefined {
  const { saveSet, stack } = partialOf(frame);
  const output = terms.args.length === arity + 1 ? terms.args.at(-1) : undefined;
  const pairs = output === undefined ? [] : varsToSave(output, frame.bindings);
  for (const { variable, bindings } of pairs) saveSet.push([variable], bindings);
  const step = savedStep(frame, terms);
  stack.push({ step, left: frame.bindings, right: undefined });
  frame.trace("Save", stepNode(step));
  const stop = next();
  stack.pop();
  for (const _ of pairs) saveSet.pop();
  return stop;
}

/** Saves an expression that binds nothing. */
export function saveStep(
  frame: Frame,
  terms: StepTerms,
  next: Next,
  bindings: Bindings = frame.bindings,
): Stop | undefined {
  const { stack } = partialOf(frame);
  const step = savedStep(frame, terms);
  stack.push({ step, left: bindings, right: bindings });
  frame.trace("Save", stepNode(step));
  const stop = next();
  stack.pop();
  return stop;
}

/** Saves the current expression as it is; what it would bind becomes unknown. */
export function saveCurrent(frame: Frame, next: Next): Stop | undefined {
  const { saveSet, stack } = partialOf(frame);
  const { step } = frame;
  const pairs = outputsOf(frame, step).flatMap((each) => varsToSave(each, frame.bindings));
  for (const { variable, bindings } of pairs) saveSet.push([variable], bindings);
  const saved = { ...step, with: savedOverrides(frame, step.with) };
  stack.push({ step: saved, left: frame.bindings, right: frame.bindings });
  frame.trace("Save", stepNode(saved));
  const stop = next();
  stack.pop();
  for (const _ of pairs) saveSet.pop();
  return stop;
}

function outputsOf(frame: Frame, { terms }: Step): readonly Node[] {
  if (terms.kind === "term") return [terms.term];
  if (terms.kind !== "call") return [];
  if (terms.name === "eq") return terms.args;
  const arity = findSignature(terms.name)?.args.length ?? frame.machine.compiled.arities.get(terms.name);
  const output = terms.args.at(-1);
  return output !== undefined && terms.args.length - 1 === arity ? [output] : [];
}

/** Saves expressions of a negation, which are plugged already. */
export function saveNegated(frame: Frame, exprs: readonly Expr[], next: Next): Stop | undefined {
  const { stack } = partialOf(frame);
  const { bindings, machine, step } = frame;
  const plugged = step.with.map((each) => ({ ...each, value: bindings.plug(each.value, machine.caller) }));
  const overrides = raiseWith(savedOverrides(frame, plugged));
  for (const expr of exprs) {
    const saved: Expr = { ...expr, with: overrides };
    stack.push({ expr: saved });
    frame.trace("Save", { kind: "expr", expr: saved, loc: saved.loc });
  }
  const stop = next();
  for (const _ of exprs) stack.pop();
  return stop;
}

function savedStep(frame: Frame, terms: StepTerms): Step {
  const { step } = frame;
  return { loc: step.loc, negated: false, with: savedOverrides(frame, step.with), terms, source: undefined };
}

/** Functions are replaced while rules are inlined; what is left needs only the documents. */
function savedOverrides({ machine }: Frame, overrides: readonly Override[]): readonly Override[] {
  return overrides.filter(({ target }) => !isFunction(machine.compiled.arities, target) && isDocument(target.terms));
}

function isDocument([head]: readonly Node[]): boolean {
  return head?.kind === "var" && (head.name === "input" || head.name === "data");
}

/** True for the ref of a function of a module or of OPA. */
export function isFunction(arities: ReadonlyMap<string, number>, node: Node): boolean {
  const name = functionName(node);
  return name !== undefined && (arities.has(name) || findSignature(name) !== undefined);
}

/** The ref as text: of a function, as calls have it. */
export function functionName(node: Node): string | undefined {
  if (node.kind !== "ref") return undefined;
  const parts = node.terms.map((each, i) => {
    if (each.kind === "var" && i === 0) return each.name;
    return each.kind === "known" && typeof each.value === "string" ? each.value : undefined;
  });
  return parts.every((part) => part !== undefined) ? parts.join(".") : undefined;
}

interface SavedVar {
  readonly variable: VarNode;
  readonly bindings: Bindings;
}

/** The unbound vars that a saved term leads to. */
function varsToSave(node: Node, bindings: Bindings): readonly SavedVar[] {
  if (node.kind === "var") return [{ variable: node, bindings }];
  const found: SavedVar[] = [];
  const names = new Set<string>();
  collect(node, names);
  for (const name of names) {
    const next = bindings.apply({ kind: "var", name });
    found.push(...varsToSave(next.node, next.bindings));
  }
  return found;
}

function collect(node: Node, into: Set<string>): void {
  switch (node.kind) {
    case "var":
      into.add(node.name);
      return;
    case "ref":
      for (const each of node.terms.slice(1)) collect(each, into);
      return;
    case "array":
    case "set":
      for (const each of node.items) collect(each, into);
      return;
    case "object":
      for (const entry of node.entries) for (const each of entry) collect(each, into);
      return;
    default:
  }
}
