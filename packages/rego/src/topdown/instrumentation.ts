import { cacheKey } from "./caches.ts";
import type { Node } from "./node.ts";

/** What a walk spends time on, by the names of OPA's timers. */
export type TimedOperation =
  | `eval_op_${"plug" | "resolve" | "rule_index" | "builtin_call"}`
  | `partial_op_${"save_unify" | "save_set_contains" | "save_set_contains_rec" | "copy_propagation"}`;

/** What a walk counts, by the names of OPA's counters. */
export type CountedOperation =
  | `eval_op_${"virtual" | "base"}_cache_${"hit" | "miss"}`
  | `eval_op_comprehension_cache_${"skip" | "build" | "hit" | "miss"}`;

/** Is told of each operation of a walk: what OPA calls instrumentation. It makes a walk slower. */
export interface Instrumentation {
  timed<T>(operation: TimedOperation, run: () => T): T;
  count(operation: CountedOperation): void;
}

/** Runs what takes time, and has it timed where a walk is instrumented. */
export function timed<T>(instrumentation: Instrumentation | undefined, operation: TimedOperation, run: () => T): T {
  return instrumentation === undefined ? run() : instrumentation.timed(operation, run);
}

/** Which base documents OPA would have kept by now; ours are read where they lie, and need no cache. */
export class BaseReads {
  readonly #kept = new Set<string>();
  readonly #instrumentation: Instrumentation;

  constructor(instrumentation: Instrumentation) {
    this.#instrumentation = instrumentation;
  }

  /** What is kept answers for all below it; what is not there is never kept. */
  note(path: readonly Node[], isFound: boolean): void {
    const isKept = isFound && path.some((_, i) => this.#kept.has(cacheKey(path.slice(0, i + 1)) ?? ""));
    this.#instrumentation.count(isKept ? "eval_op_base_cache_hit" : "eval_op_base_cache_miss");
    const key = cacheKey(path);
    if (isFound && key !== undefined) this.#kept.add(key);
  }
}
