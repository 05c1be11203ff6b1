import type { CaseResult, SuiteResult, TestResult } from "./verify.ts";

export function hasFailed({ error, tests }: SuiteResult): boolean {
  return error !== undefined || tests.some(testFailed);
}

function testFailed({ error, cases }: TestResult): boolean {
  return error !== undefined || cases.some((each) => each.error !== undefined);
}

/** What `gator verify` prints. */
export function verifyText(results: readonly SuiteResult[], verbose: boolean): string {
  const suites = results.flatMap((suite) => suiteLines(suite, verbose));
  return `${[...suites, results.some(hasFailed) ? "FAIL" : "PASS"].join("\n")}\n`;
}

function suiteLines(suite: SuiteResult, verbose: boolean): readonly string[] {
  const failed = hasFailed(suite);
  return [
    ...suite.tests.flatMap((test) => testLines(test, verbose)),
    `${failed ? "FAIL" : "ok"}\t${suite.path}\t${timeText(suite.seconds)}`,
    ...(suite.error === undefined ? [] : [`  ${suite.error}`]),
  ];
}

function testLines(test: TestResult, verbose: boolean): readonly string[] {
  const { name, skipped, error, seconds, cases } = test;
  if (skipped) return verbose ? [`=== SKIP  ${name}`] : [];
  const failed = testFailed(test);
  const end = failed || verbose ? [`--- ${failed ? "FAIL" : "PASS"}: ${name}\t(${timeText(seconds)})`] : [];
  return [
    ...(verbose ? [`=== RUN   ${name}`] : []),
    ...cases.flatMap((each) => caseLines(each, verbose)),
    ...end,
    ...(error === undefined ? [] : [`  ${error}`]),
  ];
}

function caseLines({ name, skipped, error, seconds, print, trace }: CaseResult, verbose: boolean): readonly string[] {
  if (skipped) return verbose ? [`    === SKIP  ${name}`] : [];
  const end = `    --- ${error === undefined ? "PASS" : "FAIL"}: ${name}\t(${timeText(seconds)})`;
  const printed = verbose && print !== "" ? ["=== PRINT ===", ...print.replace(/\n$/, "").split("\n")] : [];
  return [
    ...(verbose ? [`    === RUN   ${name}`] : []),
    ...printed.map((line) => `        ${line}`),
    ...(error !== undefined || verbose ? [end] : []),
    ...(error === undefined ? [] : [`        ${error}`]),
    ...(trace === undefined ? [] : traceLines(name, trace, verbose ? "    --- " : "")),
  ];
}

function traceLines(name: string, trace: string, prefix: string): readonly string[] {
  return `TRACE: ${name}\t${trace}`.split("\n").map((line) => prefix + line);
}

function timeText(seconds: number): string {
  return `${seconds.toFixed(3)}s`;
}
