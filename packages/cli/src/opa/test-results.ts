import { type CaseResult, EvaluationError, formatEvaluationError, type TestResult } from "@sallyport/rego";
import { diagnosticEntry, errorsText } from "./errors-text.ts";

/** How many tests and cases came to which end; a test with cases counts as its innermost ones. */
export interface Tally {
  readonly pass: number;
  readonly fail: number;
  readonly skip: number;
  readonly error: number;
}

export function tallyOf(results: readonly TestResult[]): Tally {
  const tally = { pass: 0, fail: 0, skip: 0, error: 0 };
  for (const { outcome, cases } of results) {
    const leaves = leavesOf(cases);
    if (leaves.length === 0 || outcome === "error") tally[outcome]++;
    else for (const { fails } of leaves) tally[fails ? "fail" : "pass"]++;
  }
  return tally;
}

function leavesOf(cases: readonly CaseResult[]): readonly CaseResult[] {
  return cases.flatMap((each) => (each.cases.length === 0 ? [each] : leavesOf(each.cases)));
}

/** The names from the outermost case to each innermost one that fails. */
export function failingPaths(cases: readonly CaseResult[]): readonly (readonly string[])[] {
  return cases
    .filter(({ fails }) => fails)
    .flatMap(({ name, cases: inner }) =>
      inner.length === 0 ? [[name]] : failingPaths(inner).map((path) => [name, ...path]),
    );
}

/** Why a test could not be answered, as OPA words it. */
export function errorText(error: NonNullable<TestResult["error"]>): string {
  if (error instanceof EvaluationError) return formatEvaluationError(error);
  return errorsText(error.diagnostics.map((each) => diagnosticEntry(each))).trimEnd();
}
