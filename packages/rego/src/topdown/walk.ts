import { evaluateCall } from "./calls.ts";
import { evaluateEvery } from "./every.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { evaluateNegation, evaluateNotBody } from "./negation.ts";
import { isKnown } from "./node.ts";
import { saveStep } from "./saving.ts";
import { stepNode } from "./trace.ts";
import { evaluateWith } from "./with.ts";

/** Evaluates what is left of a body. */
export function evaluate(frame: Frame, next: Next): Stop | undefined {
  frame.machine.run.step();
  const step = frame.query[frame.index];
  if (step === undefined) return finish(frame, next);
  frame.trace("Eval", stepNode(step));
  if (step.with.length > 0) return evaluateWith(frame, next);
  return evaluateStep(frame, () => frame.advance(next));
}

function finish(frame: Frame, next: Next): Stop | undefined {
  const previous = next();
  if (previous !== undefined) return { deferred: !frame.findOne, previous };
  return frame.findOne && frame.machine.partial === undefined ? { deferred: false, previous: undefined } : undefined;
}

/** Evaluates the current expression, whatever its `with` has put in place. */
export function evaluateStep(frame: Frame, next: Next): Stop | undefined {
  const { step } = frame;
  if (step.negated) return evaluateNegation(frame, next);
  let isDefined = false;
  const found: Next = () => {
    isDefined = true;
    try {
      return next();
    } finally {
      frame.trace("Redo", stepNode(step));
    }
  };
  const stop = evaluateTerms(frame, found, next);
  if (stop === undefined && !isDefined) frame.trace("Fail", stepNode(step));
  return stop;
}

function evaluateTerms(frame: Frame, found: Next, next: Next): Stop | undefined {
  const { terms } = frame.step;
  switch (terms.kind) {
    case "term":
      return evaluateTerm(frame, found, next);
    case "call": {
      const [a, b] = terms.args;
      if (terms.name === "eq" && a !== undefined && b !== undefined) return frame.unify(a, b, found);
      return evaluateCall(frame, terms.name, terms.operator, terms.args, found);
    }
    case "every":
      return evaluateEvery(frame, terms, found);
    case "not":
      return evaluateNotBody(frame, terms, found);
  }
}

/** A value that is not false. What is not known is saved. */
function evaluateTerm(frame: Frame, found: Next, next: Next): Stop | undefined {
  const { step, bindings, machine } = frame;
  const { partial } = machine;
  if (step.terms.kind !== "term") return undefined;
  const value = frame.termVar();
  // OPA marks this var only while it traces, and so inlines more then: a default of false does not matter to a condition.
  const isMarked = machine.tracer !== undefined;
  if (isMarked) partial?.inlining.disableVar(value);
  const stop = frame.unify(step.terms.term, value, () => {
    if (partial?.saveSet.contains(value, bindings) === true)
      return saveStep(frame, { kind: "term", term: value }, next);
    return isKnown(bindings.plug(value), false) ? undefined : found();
  });
  if (isMarked) partial?.inlining.enable();
  return stop;
}
