import { directTerms, isComprehension } from "../compile/parts.ts";
import { walkTerm } from "../compile/walk.ts";
import type { Expr, Location, Term } from "../syntax/ast.ts";
import type { Step } from "./node.ts";
import { raiseStep } from "./raise.ts";
import type { TraceEvent } from "./trace.ts";

/** Keeps where variables are bound, as far as an event tells: in expressions that are evaluated, and as arguments of functions. */
export function collectPlaces(event: Pick<TraceEvent, "op" | "node">, places: Map<string, Location>): void {
  for (const term of boundTerms(event)) walkTerm(term, firstPlace(places));
}

function boundTerms({ op, node }: Pick<TraceEvent, "op" | "node">): readonly Term[] {
  if (op === "Eval" && node.kind === "step")
    return directTerms(exprOf(node.step)).filter((term) => !isComprehension(term));
  return op === "Enter" && node.kind === "rule" ? (node.rule.head.args ?? []) : [];
}

/** A visitor that keeps where each variable stands first. */
export function firstPlace(places: Map<string, Location>): (term: Term) => boolean {
  return (term) => {
    if (term.kind === "var" && !places.has(term.name)) places.set(term.name, term.loc);
    return true;
  };
}

/** The compiled expression of a step. What is negated is evaluated without its `not`. */
export function exprOf(step: Step): Expr {
  return step.source === undefined ? raiseStep(step) : { ...step.source, negated: step.negated };
}
