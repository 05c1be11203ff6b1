import type { Compiled } from "../compile/compiled.ts";
import { namePart } from "../compile/names.ts";
import type { Expr } from "../syntax/ast.ts";
import type { Bindings } from "./bindings.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { timed } from "./instrumentation.ts";
import type { PartialState } from "./machine.ts";
import {
  type CallTerms,
  isDocument,
  type Node,
  type Override,
  type Step,
  type StepTerms,
  type VarNode,
} from "./node.ts";
import { equation, raiseWith } from "./raise.ts";
import type { SavedStep } from "./save.ts";
import { stepNode } from "./trace.ts";

/** Partial evaluation is on: whoever saves has found something unknown. */
export function partialOf(frame: Frame): PartialState {
  const { partial } = frame.machine;
  if (partial === undefined) throw new Error("nothing is unknown");
  return partial;
}

/** Saves one expression for what follows; the vars that it would bind are unknown there. */
function save(frame: Frame, saved: SavedStep, outputs: readonly SavedVar[], next: Next): Stop | undefined {
  const { saveSet, stack } = partialOf(frame);
  for (const { variable, bindings } of outputs) saveSet.push([variable], bindings);
  stack.push(saved);
  frame.trace("Save", stepNode(saved.step));
  const stop = next();
  stack.pop();
  for (const _ of outputs) saveSet.pop();
  return stop;
}

/** Saves `a = b`. The vars in both become unknown for what follows. */
export function saveUnify(frame: Frame, a: Node, b: Node, b1: Bindings, b2: Bindings, next: Next): Stop | undefined {
  const { saved, outputs } = timed(frame.machine.instrumentation, "partial_op_save_unify", () => {
    const step: Step = { ...equation(a, b, frame.loc), with: savedOverrides(frame, frame.step.with) };
    return { saved: { step, left: b1, right: b2 }, outputs: [...varsToSave(a, b1), ...varsToSave(b, b2)] };
  });
  return save(frame, saved, outputs, next);
}

/** Saves a call. Its output becomes unknown. */
export function saveCall(frame: Frame, arity: number, terms: CallTerms, next: Next): Stop | undefined {
  const { bindings } = frame;
  const output = terms.args.length === arity + 1 ? terms.args.at(-1) : undefined;
  const outputs = output === undefined ? [] : varsToSave(output, bindings);
  return save(frame, { step: savedStep(frame, terms), left: bindings, right: undefined }, outputs, next);
}

/** Saves an expression that binds nothing. */
export function saveStep(
  frame: Frame,
  terms: StepTerms,
  next: Next,
  bindings: Bindings = frame.bindings,
): Stop | undefined {
  return save(frame, { step: savedStep(frame, terms), left: bindings, right: bindings }, [], next);
}

/** Saves the current expression as it is; what it would bind becomes unknown. */
export function saveCurrent(frame: Frame, next: Next): Stop | undefined {
  const { step, bindings } = frame;
  const outputs = outputsOf(frame, step).flatMap((each) => varsToSave(each, bindings));
  const saved: Step = { ...step, with: savedOverrides(frame, step.with) };
  return save(frame, { step: saved, left: bindings, right: bindings }, outputs, next);
}

function outputsOf(frame: Frame, { terms }: Step): readonly Node[] {
  if (terms.kind === "term") return [terms.term];
  if (terms.kind !== "call") return [];
  if (terms.name === "eq") return terms.args;
  const { arities, builtin } = frame.machine.compiled;
  const arity = builtin(terms.name)?.args.length ?? arities.get(terms.name);
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
  return {
    loc: step.loc,
    negated: false,
    with: savedOverrides(frame, step.with),
    terms,
    source: undefined,
    index: step.index,
  };
}

/** Functions are replaced while rules are inlined; what is left needs only the documents. */
function savedOverrides({ machine }: Frame, overrides: readonly Override[]): readonly Override[] {
  return overrides.filter(({ target }) => !isFunction(machine.compiled, target) && isDocument(target.terms));
}

/** True for the ref of a function of a module or of OPA. */
export function isFunction({ arities, builtin }: Compiled, node: Node): boolean {
  const name = functionName(node);
  return name !== undefined && (arities.get(name) !== undefined || builtin(name) !== undefined);
}

/** The ref as text: of a function, as calls have it. */
export function functionName(node: Node): string | undefined {
  if (node.kind !== "ref") return undefined;
  const parts = node.terms.map((each, i) => {
    if (each.kind === "var" && i === 0) return each.name;
    return each.kind === "known" && typeof each.value === "string" ? namePart(each.value) : undefined;
  });
  return parts.every((part) => part !== undefined) ? parts.join("") : undefined;
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
