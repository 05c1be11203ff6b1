import { standardBuiltins } from "../builtins/all.ts";
import type { Effects } from "../builtins/builtin.ts";
import { compilePattern } from "../builtins/regex.ts";
import { compileQuery } from "../compile/compile.ts";
import type { Compiled } from "../compile/compiled.ts";
import { planPolicy } from "../plan/planner.ts";
import { evaluateAsynchronously } from "../run/asynchronous.ts";
import { EvaluationError } from "../run/errors.ts";
import { type EvaluateOptions, Executable } from "../run/executable.ts";
import type { Body } from "../syntax/ast.ts";
import { RegoError } from "../syntax/diagnostic.ts";
import { parseQuery } from "../syntax/parser.ts";
import { evaluateByWalking } from "../topdown/evaluate.ts";
import type { Tracer } from "../topdown/trace.ts";
import { type ExplainMode, type RecordedEvent, TraceBuffer } from "../topdown/trace-buffer.ts";
import { lookup } from "../value/access.ts";
import type { Value } from "../value/value.ts";
import { caseResults } from "./case-results.ts";
import { failedExpressions } from "./failed-expression.ts";
import { findTests, type TestRule } from "./find-tests.ts";
import type { BenchmarkResult, TestResult } from "./result.ts";

export interface TestOptions {
  readonly effects: Effects;
  readonly data?: Value;
  /** Only tests whose whole name, `data.a.test_x`, it matches: RE2 syntax. */
  readonly run?: string;
  /** Milliseconds since some moment. */
  readonly clock: () => number;
  /** Milliseconds that one test may take; no limit by default. */
  readonly timeout?: number;
  /** Events of tests that fail; with all modes but `fails`, also of those that do not. */
  readonly explain?: ExplainMode;
  /** Also those that pass, with the mode `fails`. */
  readonly explainPassing?: boolean;
  /** Keep what variables were in each event. */
  readonly locals?: boolean;
  /** Follows every test: they are walked then, which is slower by far. */
  readonly tracer?: Tracer;
}

/** A regular expression that is none, in Go's words. */
export class TestPatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TestPatternError";
  }
}

/** One test, evaluated. */
interface Evaluated {
  readonly value: Value | undefined;
  readonly error: EvaluationError | RegoError | undefined;
  readonly lines: readonly string[];
  readonly begun: readonly (readonly Value[])[];
}

/**
 * Runs the tests of compiled modules. The modules must have been through `numberTests`, and compiled with the options `testCases`, and
 * `print` where output is wanted. Tests run on generated code, all made of one plan; those whose trace is asked for are walked.
 */
export class TestRunner {
  readonly tests: readonly TestRule[];
  readonly #compiled: Compiled;
  readonly #options: TestOptions;
  #executable: Executable | undefined;

  /** Throws `TestPatternError`. */
  constructor(compiled: Compiled, options: TestOptions) {
    this.#compiled = compiled;
    this.#options = options;
    this.tests = findTests(compiled.modules).filter(filterOf(options.run));
  }

  /** Runs the tests in order. */
  async *run(): AsyncIterable<TestResult> {
    for (const test of this.tests) yield await this.runTest(test);
  }

  async runTest(test: TestRule): Promise<TestResult> {
    if (test.isTodo) return this.#result(test, nothing, 0, []);
    const { clock, tracer } = this.#options;
    const start = clock();
    const evaluated = await this.#evaluate(test, tracer);
    const duration = (clock() - start) * 1e6;
    const result = this.#result(test, evaluated, duration, []);
    return { ...result, ...(await this.#trace(test, result)) };
  }

  /** Repeats a test that passes for a while; as in OPA, also those that are not to be run yet. */
  async benchmark(test: TestRule, options: BenchmarkOptions): Promise<TestResult> {
    const result = await this.runTest({ ...test, isTodo: false });
    if (result.outcome !== "pass") return result;
    const start = this.#options.clock();
    const benchmark = await this.#measure(test, options);
    return { ...result, output: "", duration: (this.#options.clock() - start) * 1e6, benchmark };
  }

  async #measure(test: TestRule, { seconds, allocated }: BenchmarkOptions): Promise<BenchmarkResult> {
    const { clock } = this.#options;
    let rounds = 1;
    for (;;) {
      const start = clock();
      for (let i = 0; i < rounds; i++) await this.#evaluate(test, undefined);
      const total = (clock() - start) * 1e6;
      if (total >= seconds * 1e9 || rounds >= maxRounds) {
        const bytes = allocated && (await this.#bytesOfRound(test, allocated));
        return { rounds, total, evaluation: total, allocated: bytes && bytes * rounds };
      }
      rounds = nextRounds(rounds, total, seconds * 1e9);
    }
  }

  async #bytesOfRound(test: TestRule, allocated: () => number): Promise<number> {
    const before = allocated();
    for (let i = 0; i < memoryRounds; i++) await this.#evaluate(test, undefined);
    return Math.max(0, (allocated() - before) / memoryRounds);
  }

  #result(
    test: TestRule,
    { value, error, lines, begun }: Evaluated,
    duration: number,
    trace: readonly RecordedEvent[],
  ): TestResult {
    const cases = test.hasCases && value !== undefined ? caseResults(value, begun) : [];
    const passes = value === true || (test.hasCases && value !== undefined && !cases.some(({ fails }) => fails));
    const { loc, package: pkg, name } = test;
    const outcome = test.isTodo ? "skip" : error !== undefined ? "error" : passes ? "pass" : "fail";
    const output = lines.map((line) => `${line}\n`).join("");
    return { loc, package: pkg, name, outcome, error, duration: Math.round(duration), output, trace, cases };
  }

  /** Walks a test once more, to see why it fails. */
  async #trace(test: TestRule, { outcome }: TestResult): Promise<Pick<TestResult, "trace" | "failed">> {
    const { explain, explainPassing, locals } = this.#options;
    const isShown = outcome === "fail" || explain !== "fails" || explainPassing === true;
    const isWanted = explain !== undefined && explain !== "off" && isShown;
    if (!isWanted) return { trace: [] };
    const buffer = new TraceBuffer({ locals: locals === true });
    await this.#evaluate(test, buffer);
    const trace = explain === "fails" ? buffer.failuresAndNotes() : buffer.explain(explain);
    if (locals !== true || outcome !== "fail") return { trace };
    return { trace, failed: failedExpressions(buffer.explain("debug"), this.#compiled.modules, test.hasCases) };
  }

  async #evaluate(test: TestRule, tracer: Tracer | undefined): Promise<Evaluated> {
    const { effects, data, clock, timeout } = this.#options;
    const lines: string[] = [];
    const begun: (readonly Value[])[] = [];
    const options: EvaluateOptions = {
      effects: { ...effects, print: (line) => lines.push(line), testCase: (path) => begun.push(path) },
      data: data ?? {},
      clock,
      ...(timeout === undefined ? {} : { deadline: clock() + timeout }),
    };
    try {
      const way = tracer === undefined && !test.isFunction ? this.#byPlan(test) : this.#byWalk(test, tracer);
      return { value: await evaluateAsynchronously(options, way), error: undefined, lines, begun };
    } catch (error) {
      return { value: undefined, error: this.#faultOf(error, options), lines, begun };
    }
  }

  #byPlan(test: TestRule): (options: EvaluateOptions) => Value | undefined {
    this.#executable ??= new Executable(
      planPolicy(
        this.#compiled,
        this.tests.filter(isPlanned).map((each) => ({ name: planName(each), path: each.path })),
      ),
      standardBuiltins,
    );
    const executable = this.#executable;
    return (options) => {
      const [result] = executable.run(planName(test), options);
      return result && lookup(result, "result");
    };
  }

  #byWalk(test: TestRule, tracer: Tracer | undefined): (options: EvaluateOptions) => Value | undefined {
    const { query, diagnostics } = compileQuery(queryOf(test), this.#compiled, { captureValues: true });
    const local = query?.captures[0];
    if (query === undefined || local === undefined) throw new RegoError(diagnostics);
    const captured = { ...query, variables: [{ name: resultName, local }] };
    return (options) => {
      const [result] = evaluateByWalking(captured, this.#compiled, { ...options, ...(tracer && { tracer }) });
      return result && lookup(result, resultName);
    };
  }

  /** A test that takes too long is told in the words of Go's contexts. Faults of our own go on. */
  #faultOf(error: unknown, { deadline, clock }: EvaluateOptions): EvaluationError | RegoError {
    if (error instanceof RegoError) return error;
    if (!(error instanceof EvaluationError)) throw error;
    const isLate = deadline !== undefined && clock !== undefined && clock() > deadline;
    if (error.code !== "eval_cancel_error" || !isLate) return error;
    return new EvaluationError("eval_cancel_error", "context deadline exceeded");
  }
}

export interface BenchmarkOptions {
  /** How long the rounds that count take together, at least. */
  readonly seconds: number;
  /** Bytes that the program has allocated so far: asked before and after some more rounds. */
  readonly allocated?: (() => number) | undefined;
}

/** Few enough that the garbage collector seldom runs meanwhile. */
const memoryRounds = 32;

/** As Go's benchmarks: no more rounds than these, however fast they are. */
const maxRounds = 1_000_000_000;

/** Rounds that fill the time if the last ones were typical; at most a hundred times as many, as the first are slow. */
function nextRounds(rounds: number, total: number, wanted: number): number {
  const guess = Math.ceil((rounds * wanted * 1.2) / Math.max(total, 1));
  return Math.min(Math.max(guess, rounds + 1), rounds * 100, maxRounds);
}

const nothing: Evaluated = { value: undefined, error: undefined, lines: [], begun: [] };

/** What the query's value is called. */
const resultName = "result";

function queryOf({ path }: TestRule): Body {
  return parseQuery(`data${path.map((key) => `[${JSON.stringify(key)}]`).join("")}`, {});
}

function isPlanned({ isFunction }: TestRule): boolean {
  return !isFunction;
}

function planName({ path }: TestRule): string {
  return path.join("/");
}

/** Throws `TestPatternError` for a pattern that no runner takes, before anything is compiled. */
export function checkTestPattern(pattern: string): void {
  filterOf(pattern);
}

function filterOf(pattern: string | undefined): (test: TestRule) => boolean {
  if (pattern === undefined || pattern === "") return () => true;
  try {
    const compiled = compilePattern(pattern);
    return (test) => compiled.matcher(`${test.package}.${test.name}`).find();
  } catch (error) {
    throw new TestPatternError((error as Error).message);
  }
}
