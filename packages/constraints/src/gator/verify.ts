import { FrameworkError } from "../fault.ts";
import { assertionFault } from "./assertion.ts";
import type { Filter } from "./filter.ts";
import type { Case, Suite, SuiteTest } from "./suite.ts";
import { TestBed, type TestBedOptions } from "./test-bed.ts";

export interface CaseResult {
  readonly name: string;
  readonly skipped: boolean;
  /** Why it failed, or could not be run. */
  readonly error?: string;
  readonly seconds: number;
  /** What policies printed. */
  readonly print: string;
  readonly trace?: string;
}

export interface TestResult {
  readonly name: string;
  readonly skipped: boolean;
  readonly error?: string;
  readonly seconds: number;
  readonly cases: readonly CaseResult[];
}

export interface SuiteResult {
  readonly path: string;
  readonly skipped: boolean;
  readonly error?: string;
  readonly seconds: number;
  readonly tests: readonly TestResult[];
}

export interface VerifyOptions extends TestBedOptions {
  readonly filter: Filter;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Runs a suite; of a test's cases none sees what another one replicated or printed. Never throws for what is wrong with a suite. */
export function verifySuite(path: string, file: string, suite: Suite, options: VerifyOptions): SuiteResult {
  const started = options.now();
  if (suite.skip) return { path, skipped: true, seconds: 0, tests: [] };
  const tests = suite.tests.map((test) => verifyTest(file, test, options));
  return { path, skipped: false, seconds: (options.now() - started) / 1000, tests };
}

function verifyTest(file: string, test: SuiteTest, options: VerifyOptions): TestResult {
  const { name } = test;
  if (test.skip || !options.filter.matchesTest(test)) return { name, skipped: true, seconds: 0, cases: [] };
  const started = options.now();
  const { error, cases } = runTest(file, test, options);
  return { name, skipped: false, seconds: (options.now() - started) / 1000, cases, ...(error && { error }) };
}

function runTest(
  file: string,
  test: SuiteTest,
  options: VerifyOptions,
): { readonly error?: string; readonly cases: readonly CaseResult[] } {
  const bed = bedOf(file, test, options);
  if (test.invalid) return { ...invalidFault(bed), cases: [] };
  if (bed instanceof Error) return { error: bed.message, cases: [] };
  return { cases: test.cases.map((each) => verifyCase(bed, test, each, options)) };
}

function bedOf(file: string, test: SuiteTest, options: VerifyOptions): TestBed | Error {
  try {
    return new TestBed(file, test, options);
  } catch (error) {
    return error as Error;
  }
}

function invalidFault(bed: TestBed | Error): { readonly error?: string } {
  if (bed instanceof FrameworkError && bed.kind === "schema") return {};
  const got = bed instanceof Error ? bed.message : "%!w(<nil>)";
  return {
    error: `constraint should have failed schema validation: got error ${got} but want schema validation failed`,
  };
}

function verifyCase(bed: TestBed, test: SuiteTest, tried: Case, options: VerifyOptions): CaseResult {
  const { name } = tried;
  if (tried.skip || !options.filter.matchesCase(test.name, name)) return { name, skipped: true, seconds: 0, print: "" };
  const started = options.now();
  const error = caseFault(bed, tried);
  const seconds = (options.now() - started) / 1000;
  const trace = bed.takeTrace();
  return {
    name,
    skipped: false,
    seconds,
    print: bed.takePrinted(),
    ...(error === undefined ? {} : { error }),
    ...(trace === undefined ? {} : { trace }),
  };
}

function caseFault(bed: TestBed, tried: Case): string | undefined {
  if (tried.object === "") return "invalid Case: must define object";
  if (tried.assertions.length === 0) return "invalid Case: assertions must be non-empty";
  try {
    const messages = bed.review(tried).map(({ msg }) => msg);
    for (const assertion of tried.assertions) {
      const fault = assertionFault(assertion, messages);
      if (fault !== undefined) return fault;
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
