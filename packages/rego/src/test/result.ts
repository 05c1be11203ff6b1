import type { EvaluationError } from "../run/errors.ts";
import type { Location } from "../syntax/ast.ts";
import type { RegoError } from "../syntax/diagnostic.ts";
import type { RecordedEvent } from "../topdown/trace-buffer.ts";
import type { FailedExpressions } from "./failed-expression.ts";

/** What became of one test rule. */
export interface TestResult {
  readonly loc: Location;
  /** `data.a.b` */
  readonly package: string;
  readonly name: string;
  readonly outcome: "pass" | "fail" | "error" | "skip";
  readonly error: EvaluationError | RegoError | undefined;
  /** Nanoseconds. */
  readonly duration: number;
  /** What its `print` calls wrote: lines, each with its end. */
  readonly output: string;
  readonly trace: readonly RecordedEvent[];
  /** Only with the values of variables. */
  readonly failed?: FailedExpressions;
  /** By name, sorted; empty for tests without cases. */
  readonly cases: readonly CaseResult[];
  readonly benchmark?: BenchmarkResult;
}

/** What became of one case of a test, and of the cases within it. */
export interface CaseResult {
  readonly name: string;
  readonly fails: boolean;
  readonly cases: readonly CaseResult[];
}

/** How long a test takes. */
export interface BenchmarkResult {
  /** Rounds that were measured. */
  readonly rounds: number;
  /** Nanoseconds of all rounds. */
  readonly total: number;
  /** Of these, nanoseconds of the evaluation alone. */
  readonly evaluation: number;
  /** Bytes that all rounds together have allocated; undefined when it was not measured. */
  readonly allocated: number | undefined;
}
