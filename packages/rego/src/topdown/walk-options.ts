import type { Builtin } from "../builtins/builtin.ts";
import { limitReached } from "../run/errors.ts";
import type { RunOptions } from "../run/options.ts";
import type { EvaluatedLabels } from "./evaluated-labels.ts";
import type { Instrumentation } from "./instrumentation.ts";
import type { Tracer } from "./trace.ts";

export interface WalkOptions extends RunOptions {
  /** Builtins beside those of OPA, or instead of them. */
  readonly builtins?: readonly Builtin[];
  readonly tracer?: Tracer;
  /** Takes the labels of the rules that answer. */
  readonly labels?: EvaluatedLabels | undefined;
  readonly instrumentation?: Instrumentation | undefined;
  /** False for a walk of all rules, also of those that cannot hold: it tells where each of them fails. */
  readonly ruleIndexing?: boolean;
}

/** Runs a walk; when it goes deeper than the stack holds, that is the policy's fault. */
export function withinStack<T>(walk: () => T): T {
  try {
    return walk();
  } catch (error) {
    if (error instanceof RangeError) throw limitReached(error);
    throw error;
  }
}
