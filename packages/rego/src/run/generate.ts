import type { Builtin } from "../builtins/builtin.ts";
import type { Value } from "../value/value.ts";
import { EvaluationError } from "./errors.ts";
import { writePolicy } from "./generate/policy.ts";
import type { Policy } from "./ir.ts";
import type { RunState } from "./state.ts";
import * as support from "./support.ts";

/** A policy as JavaScript functions. */
export interface Generated {
  /** All results of a plan. Throws `EvaluationError`. */
  readonly run: (plan: string, input: Value | undefined, data: Value, state: RunState) => readonly Value[];
}

/**
 * Makes JavaScript of a policy. The text holds only names that the writer made and constants as JSON; all else comes in as `support`
 * and the builtins' functions. `impossible` where code may not be made from strings.
 */
export function generate(policy: Policy, builtins: ReadonlyMap<string, Builtin>): Generated | "impossible" {
  const { text, builtins: names } = writePolicy(policy, builtins);
  let make: (support: object, calls: readonly Builtin["call"][]) => Generated["run"];
  try {
    make = new Function("$", "c", text) as typeof make;
  } catch (error) {
    if (error instanceof EvalError) return "impossible";
    throw error;
  }
  const calls = names.map((name) => builtins.get(name)?.call ?? unsupported(name));
  return { run: make(support, calls) };
}

/** A plan may name builtins that are not here: only calling them is an error. */
function unsupported(name: string): Builtin["call"] {
  return () => {
    throw new EvaluationError("eval_internal_error", `unsupported built-in function: ${name}`);
  };
}
