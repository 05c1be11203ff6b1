import type { RegoCase } from "./case.ts";

/**
 * What a ratio is a ratio of: `parsed` is the evaluation alone, its input parsed and its policy prepared; `whole` also parses the
 * input's JSON text before and writes the result's after.
 */
export type Basis = "parsed" | "whole";

/** One evaluator under measurement: ours, or a peer behind a pipe. */
export interface Engine {
  readonly name: string;
  /** Which evaluator of a peer that has several; of these the report takes the faster one, workload by workload. */
  readonly variant?: string | undefined;
  /** Prepares a workload, which replaces the one before; answers the microseconds that compiling took. Throws what the engine said. */
  readonly load: (workload: RegoCase) => Promise<number>;
  /** The result for each input as JSON text; `null` for undefined. */
  readonly values: () => Promise<readonly string[]>;
  /** Evaluates all inputs in turn for so many milliseconds; answers microseconds for one evaluation. */
  readonly time: (basis: Basis, ms: number) => Promise<number>;
  /** Bytes of its heap after its garbage was collected, where it can tell. */
  readonly heapBytes?: () => Promise<number>;
  readonly stop: () => void;
}
