import { type Printable, printableAst, Struct } from "@sallyport/opa/answers";
import { type BenchmarkResult, type CaseResult, EvaluationError, type TestResult, traceJson } from "@sallyport/rego";
import { errorEntries } from "./errors-text.ts";

/** Results as `opa test --format json` has them. */
export function testJson(results: readonly TestResult[], isBenchmark: boolean): Printable {
  return results.map((each) => resultJson(each, isBenchmark));
}

function resultJson(result: TestResult, isBenchmark: boolean): Struct {
  const { loc, package: pkg, name, outcome, error, duration, trace, output, cases, benchmark } = result;
  return new Struct({
    location: new Struct({ file: loc.file, row: loc.row, col: loc.col }),
    package: pkg,
    name,
    error: error === undefined ? undefined : errorJson(error),
    fail: outcome === "fail" ? true : undefined,
    skip: outcome === "skip" ? true : undefined,
    duration,
    trace: trace.length === 0 ? undefined : printableAst(traceJson(trace)),
    output: output === "" ? undefined : Buffer.from(output).toString("base64"),
    benchmark_result: isBenchmark ? benchmarkJson(benchmark) : undefined,
    sub_results: cases.length === 0 ? undefined : casesJson(cases),
  });
}

function errorJson(error: NonNullable<TestResult["error"]>): Printable {
  if (error instanceof EvaluationError) {
    const { code, message, place } = error;
    const location =
      place?.row === undefined
        ? undefined
        : new Struct({ file: place.name ?? "", row: place.row, col: place.col ?? 0 });
    return new Struct({ code, message, location });
  }
  return (errorEntries(error) ?? []).map(({ json }) => codeFirst(json));
}

/** Errors of a test have their code before their message. */
function codeFirst({ fields }: Struct): Struct {
  const { message, code, ...rest } = Object.fromEntries(fields);
  return new Struct({ code, message, ...rest });
}

/** By name, as a map of Go's: sorted. */
function casesJson(cases: readonly CaseResult[]): Printable {
  return Object.fromEntries(cases.map((each) => [each.name, caseJson(each)])) as unknown as Printable;
}

function caseJson({ name, fails, cases }: CaseResult): Struct {
  return new Struct({
    name,
    fail: fails ? true : undefined,
    sub_results: cases.length === 0 ? undefined : casesJson(cases),
  });
}

/** Allocations cannot be counted here: their number is 0. */
function benchmarkJson(benchmark: BenchmarkResult | undefined): Struct {
  if (benchmark === undefined) return new Struct({ N: 0, T: 0, Bytes: 0, MemAllocs: 0, MemBytes: 0, Extra: null });
  const { rounds, total, evaluation, allocated } = benchmark;
  return new Struct({
    N: rounds,
    T: Math.round(total),
    Bytes: 0,
    MemAllocs: 0,
    MemBytes: Math.round(allocated ?? 0),
    Extra: new Struct({ "timer_rego_query_eval_ns/op": evaluation / rounds }),
  });
}
