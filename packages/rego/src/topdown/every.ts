import { isObject } from "../value/access.ts";
import { RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { amendComprehension } from "./comprehension.ts";
import { type Frame, type Next, type Stop, suppress } from "./frame.ts";
import type { Node, Query, Step, StepTerms } from "./node.ts";
import { refNode } from "./node.ts";
import { equation } from "./raise.ts";
import { saveStep } from "./saving.ts";
import { bodyNode, stepNode } from "./trace.ts";
import { isUnknown, isUnknownQuery } from "./unknown.ts";

type Every = Extract<StepTerms, { kind: "every" }>;

/** `every`: the body holds for each member of the domain. */
export function evaluateEvery(frame: Frame, every: Every, next: Next): Stop | undefined {
  const { step, bindings } = frame;
  if (isUnknown(frame, every.domain, bindings) || isUnknownQuery(frame, every.body, bindings))
    return saveStep(frame, pluggedEvery(frame, every), next);
  if (!isCollection(bindings.plug(every.domain))) {
    frame.trace("Fail", stepNode(step));
    return undefined;
  }
  const member = refNode([every.domain, every.key]);
  const domain = frame.closure([equation(member, every.value, step.loc)]);
  domain.trace("Enter", stepNode(step));
  let holds = true;
  const stop = domain.evaluate(() => {
    if (!holds) return undefined;
    const body = domain.closure(every.body);
    body.findOne = true;
    const node = bodyNode(every.body);
    body.trace("Enter", node);
    let isDone = false;
    const inner = body.evaluate(() => {
      body.trace("Exit", node, "early");
      body.trace("Redo", node);
      isDone = true;
      return undefined;
    });
    holds = isDone;
    domain.trace("Redo", stepNode(step));
    return suppress(inner);
  });
  if (stop !== undefined) return stop;
  if (!holds) {
    domain.trace("Fail", stepNode(step));
    return undefined;
  }
  const found = next();
  domain.trace("Exit", stepNode(step));
  return found;
}

function isCollection(node: Node): boolean {
  if (node.kind === "array" || node.kind === "object" || node.kind === "set") return true;
  if (node.kind !== "known") return false;
  const value: Value = node.value;
  return Array.isArray(value) || value instanceof RegoSet || isObject(value);
}

function pluggedEvery(frame: Frame, every: Every): Every {
  const plug = (node: Node) => plugTerm(frame, node);
  return {
    ...every,
    key: plug(every.key),
    value: plug(every.value),
    domain: plug(every.domain),
    body: plugQuery(frame, every.body),
  };
}

/** A body with what is known put in, for the caller's query. OPA leaves out the values of `with`, whose variables nobody binds then. */
function plugQuery(frame: Frame, query: Query): Query {
  return query.map(
    (step): Step => ({
      ...step,
      // What is still a reference names a function or a rule.
      with: step.with.map((each) =>
        each.value.kind === "ref" ? each : { ...each, value: plugTerm(frame, each.value) },
      ),
      terms: plugTerms(frame, step.terms),
    }),
  );
}

function plugTerms(frame: Frame, terms: StepTerms): StepTerms {
  switch (terms.kind) {
    case "term":
      return { ...terms, term: plugTerm(frame, terms.term) };
    case "call":
      return { ...terms, args: terms.args.map((each) => plugTerm(frame, each)) };
    case "every":
      return pluggedEvery(frame, terms);
    case "not":
      return { ...terms, body: plugQuery(frame, terms.body) };
  }
}

function plugTerm(frame: Frame, node: Node): Node {
  if (node.kind === "comprehension") return amendComprehension(frame, node, frame.bindings);
  return frame.bindings.plug(node, frame.machine.caller);
}
