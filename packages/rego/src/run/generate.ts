import type { Value } from "../value/value.ts";
import type { Policy } from "./ir.ts";
import type { RunState } from "./state.ts";
import * as support from "./support.ts";
import { writePolicy } from "./write-js.ts";

/** A policy as JavaScript functions. */
export interface Generated {
  /** All results of a plan. Throws `EvaluationError`. */
  readonly run: (plan: string, input: Value | undefined, data: Value, state: RunState) => readonly Value[];
}

/**
 * Makes JavaScript of a policy. The text holds only names that the writer made and constants as JSON; all else comes in as
 * `support`. `impossible` where code may not be made from strings.
 */
export function generate(policy: Policy): Generated | "impossible" {
  let make: (support: object) => Generated["run"];
  try {
    make = new Function("$", writePolicy(policy)) as typeof make;
  } catch (error) {
    if (error instanceof EvalError) return "impossible";
    throw error;
  }
  return { run: make(support) };
}
