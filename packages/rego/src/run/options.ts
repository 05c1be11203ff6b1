import type { Builtin, Effects } from "../builtins/builtin.ts";
import { createWebEffects } from "../builtins/web-effects.ts";
import { DataSnapshot } from "../data/snapshot.ts";
import type { Value } from "../value/value.ts";
import type { EvaluationError } from "./errors.ts";
import type { PreparedJoin } from "./joins.ts";
import { defaultLimits, type Limits, RunState, type StateOptions } from "./state.ts";
import type { Trace } from "./trace.ts";

/** What every way to evaluate is told. */
export interface RunOptions {
  readonly input?: Value | undefined;
  /** Base data: a document that does not change while it is used, or a store's snapshot, whose indexes answer joins. */
  readonly data?: Value | DataSnapshot;
  /** Default: the platform's clock and random bytes, and nothing else. */
  readonly effects?: Effects;
  /** A builtin that fails ends the query instead of being undefined. */
  readonly strictBuiltinErrors?: boolean;
  /** What the evaluation may spend, where that is not `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /** Takes the errors of builtins that were not strict: each call that failed. */
  readonly builtinErrors?: EvaluationError[];
  /** Milliseconds by `clock`; both or none. */
  readonly deadline?: number;
  readonly clock?: () => number;
}

export function runStateOf(
  options: RunOptions,
  builtins: ReadonlyMap<string, Builtin>,
  trace?: Trace,
  joins: readonly PreparedJoin[] = [],
  files?: StateOptions["files"],
): RunState {
  return new RunState({
    effects: options.effects ?? createWebEffects(),
    builtins,
    strictBuiltinErrors: options.strictBuiltinErrors === true,
    limits: options.limits === undefined ? defaultLimits : { ...defaultLimits, ...options.limits },
    trace,
    clock: options.clock,
    deadline: options.deadline,
    builtinErrors: options.builtinErrors,
    indexes: options.data instanceof DataSnapshot ? options.data.indexes : undefined,
    joins,
    files,
  });
}
