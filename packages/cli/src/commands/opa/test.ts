import { availableParallelism } from "node:os";
import { posix } from "node:path";
import { createEffects } from "@sallyport/effects";
import { goJsonLine } from "@sallyport/opa/answers";
import {
  type CompileOptions,
  type CoverableModule,
  Coverage,
  checkTestPattern,
  compileTestModules,
  type ExplainMode,
  TestPatternError,
  type TestResult,
  TestRunner,
} from "@sallyport/rego";
import { effectsPart, parserPart } from "../../opa/capabilities.ts";
import { type Call, CommandFault, type OpaCommand, UsageFault } from "../../opa/command.ts";
import { type CompileFlags, compileFlags, readCompileFlags } from "../../opa/compile-flags.ts";
import { coverageJson, thresholdFault } from "../../opa/coverage-output.ts";
import { bundleFaultText } from "../../opa/fault-text.ts";
import type { FlagSpec } from "../../opa/flags.ts";
import { type Loaded, loadPaths } from "../../opa/load.ts";
import { type LoadedBundles, loadBundles } from "../../opa/load-bundles.ts";
import { v1Flag } from "../../opa/policy-flags.ts";
import { runtimeInfo } from "../../opa/runtime-info.ts";
import { testJson } from "../../opa/test-json.ts";
import { errorText } from "../../opa/test-results.ts";
import { failureLine, type TestTextOptions, testText } from "../../opa/test-text.ts";
import { nextChange } from "../../opa/watch.ts";

/** Failures of tests; faults of policies and command lines are 1. */
const failedStatus = 2;

const benchmarkCoverage = "coverage reporting is not supported when benchmarking tests";

const flags: readonly FlagSpec[] = [
  { name: "bench", kind: "bool", usage: "benchmark the tests" },
  { name: "benchmem", kind: "bool", default: "true", usage: "report memory with the results of benchmarks" },
  { name: "bundle", short: "b", kind: "bool", usage: "the paths are bundle files or folders" },
  { name: "count", kind: "int", default: "1", usage: "how often each test is run" },
  { name: "coverage", short: "c", kind: "bool", usage: "report coverage instead of results" },
  { name: "exit-zero-on-skipped", short: "z", kind: "bool", usage: "skipped tests are no failure" },
  {
    name: "explain",
    kind: "enum",
    values: ["fails", "full", "notes", "debug"],
    default: "fails",
    usage: "which events of a failed test are shown",
  },
  { name: "fail-on-empty", kind: "bool", usage: "fail when no test was run" },
  {
    name: "format",
    short: "f",
    kind: "enum",
    values: ["pretty", "json", "gobench"],
    default: "pretty",
    usage: "output format",
  },
  { name: "ignore", kind: "commaList", usage: "names of files and folders to leave out, as '.*'" },
  ...compileFlags,
  {
    name: "parallel",
    short: "p",
    kind: "int",
    default: String(availableParallelism()),
    usage: "accepted for scripts written for OPA; tests run one by one",
  },
  { name: "run", short: "r", kind: "string", usage: "run only tests whose whole name matches this regular expression" },
  { name: "sort", kind: "enum", values: ["none", "duration"], default: "none", usage: "order of results as JSON" },
  {
    name: "target",
    short: "t",
    kind: "enum",
    values: ["rego", "wasm"],
    default: "rego",
    usage: "how policies are evaluated; only rego works",
  },
  {
    name: "threshold",
    kind: "string",
    type: "float",
    default: "0",
    usage: "fail when less than this percentage is covered",
  },
  { name: "timeout", kind: "duration", usage: "how long one test may take (default 5s, 30s when benchmarking)" },
  { name: "v0-compatible", kind: "bool", usage: "policies are written in Rego v0" },
  v1Flag,
  { name: "var-values", kind: "bool", usage: "show the values of variables in failed expressions" },
  { name: "verbose", short: "v", kind: "bool", usage: "show all tests, and why those that fail do so" },
  { name: "watch", short: "w", kind: "bool", usage: "run the tests again when files change" },
];

export const testCommand: OpaCommand = {
  name: "test",
  usage: "<path> [path [...]] [flags]",
  summary: "Run Rego's unit tests",
  description: `Tests are rules whose names begin with test_; those that begin with todo_test_ are skipped. A test with variables in its
ref, as test_x[name], has a case for each of their values.

Exit status: 0 all passed, 1 nothing could be run, 2 something failed.`,
  examples: `
  sallyport opa test policies/
  sallyport opa test -v --run 'data.example.test_deny' policies/
  sallyport opa test --coverage --threshold 80 policies/`,
  flags,
  run: runTests,
};

async function runTests(call: Call): Promise<number> {
  checkFlags(call);
  if (call.flags.string("format") === "gobench" && !call.flags.bool("bench")) {
    call.terminal.err("cannot use output format gobench without running benchmarks (--bench)\n");
    return 0;
  }
  if (call.flags.bool("watch")) return watchTests(call);
  return runRounds(call);
}

function checkFlags({ args, flags }: Call): void {
  if (args.length === 0) throw new UsageFault("specify at least one file");
  const threshold = thresholdOf(flags.string("threshold"));
  if (threshold < 0 || threshold > 100) throw new CommandFault("Code coverage threshold must be between 0 and 100");
  if (flags.bool("bench") && isCovering(flags))
    // OPA says it twice.
    throw new CommandFault(`${benchmarkCoverage}\n${benchmarkCoverage}`);
}

function thresholdOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && !Number.isNaN(value)) return value;
  const why = `strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new UsageFault(`invalid argument ${JSON.stringify(text)} for "--threshold" flag: ${why}`);
}

function isCovering(flags: Call["flags"]): boolean {
  return flags.bool("coverage") || thresholdOf(flags.string("threshold")) > 0;
}

/** Until it is interrupted. What cannot be loaded at first ends it. Later faults are told on standard output, as OPA does. */
async function watchTests(call: Call): Promise<number> {
  const { flags, terminal } = call;
  try {
    await load(call, readCompileFlags(flags));
  } catch (error) {
    terminal.err(faultOf(call, error));
    return 1;
  }
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  await runRounds(call);
  for (;;) {
    terminal.out(`${"*".repeat(80)}\nWatching for changes ...\n`);
    await nextChange(call.args, stopping.signal);
    if (stopping.signal.aborted) return 0;
    await runRounds({ ...call, terminal: { ...terminal, err: terminal.out } });
  }
}

/** Each round loads and compiles anew; the first that fails is the last. */
async function runRounds(call: Call): Promise<number> {
  for (let round = 0; round < call.flags.int("count"); round++) {
    const status = await runOnce(call);
    if (status !== 0) return status;
  }
  return 0;
}

async function runOnce(call: Call): Promise<number> {
  const { flags, terminal } = call;
  const coverage = isCovering(flags) ? new Coverage() : undefined;
  let results: readonly TestResult[];
  let loaded: Loaded;
  try {
    const compile = readCompileFlags(call.flags);
    loaded = await load(call, compile);
    if (flags.string("sort") !== "none" && flags.string("format") !== "json" && coverage === undefined)
      terminal.err("warning: --sort is only supported with JSON format\n");
    results = await resultsOf(call, loaded, compile, coverage);
  } catch (error) {
    terminal.err(faultOf(call, error));
    return 1;
  }
  const status = coverage === undefined ? report(call, results) : reportCoverage(call, results, loaded, coverage);
  const isEmpty = results.length === 0 && flags.bool("fail-on-empty");
  if (status === 0 && isEmpty && !flags.bool("watch")) throw new CommandFault("no tests were run");
  return status === 0 ? statusOf(call, results) : status;
}

/** Throws what is no fault of the user's. */
function faultOf({ args }: Call, error: unknown): string {
  const text = error instanceof TestPatternError ? `${error.message}\n` : bundleFaultText(error, args);
  if (text === undefined) throw error;
  return text;
}

async function load({ args, flags }: Call, { capabilities }: CompileFlags): Promise<Loaded> {
  const options = {
    ignore: flags.list("ignore"),
    regoVersion: flags.bool("v0-compatible") ? "v0" : "v1",
    ...parserPart(capabilities),
  } as const;
  return flags.bool("bundle") ? loadBundles(args, options) : loadPaths(args, options);
}

async function resultsOf(
  call: Call,
  loaded: Loaded,
  { options: given, capabilities }: CompileFlags,
  coverage: Coverage | undefined,
): Promise<readonly TestResult[]> {
  const { flags } = call;
  checkTestPattern(flags.string("run"));
  const { modules, data } = loaded;
  const isBenchmark = flags.bool("bench");
  const isJson = flags.string("format") === "json";
  const options: CompileOptions = {
    ...given,
    print: !isBenchmark,
    traceTests: flags.bool("var-values"),
  };
  const compiled = compileTestModules(
    modules.map(({ module }) => module),
    options,
  );
  const runner = new TestRunner(compiled, {
    effects: createEffects({ runtime: runtimeInfo(call.terminal.env), ...effectsPart(capabilities) }),
    data,
    run: flags.string("run"),
    clock: () => performance.now(),
    timeout: timeoutOf(call),
    explain: isVerbose(call) || flags.bool("var-values") ? (flags.string("explain") as ExplainMode) : "off",
    locals: flags.bool("var-values") || isJson,
    explainPassing: isJson,
    ...(coverage && { tracer: coverage }),
  });
  const results: TestResult[] = [];
  for await (const each of isBenchmark ? benchmarks(runner, flags.bool("benchmem")) : runner.run()) results.push(each);
  return results;
}

async function* benchmarks(runner: TestRunner, withMemory: boolean): AsyncIterable<TestResult> {
  const allocated = withMemory ? () => process.memoryUsage().heapUsed : undefined;
  for (const test of runner.tests) yield await runner.benchmark(test, { seconds: 1, allocated });
}

/** Milliseconds. */
function timeoutOf({ flags }: Call): number {
  const given = Number(flags.duration("timeout")) / 1e6;
  return given > 0 ? given : flags.bool("bench") ? 30_000 : 5_000;
}

function isVerbose({ flags }: Call): boolean {
  return flags.bool("verbose") || flags.isSet("explain");
}

function report(call: Call, results: readonly TestResult[]): number {
  const { flags, terminal } = call;
  const isBenchmark = flags.bool("bench");
  if (flags.string("format") === "json") {
    const isSorted = flags.string("sort") === "duration";
    const shown = isSorted ? results.toSorted((a, b) => b.duration - a.duration) : results;
    terminal.out(goJsonLine(testJson(shown, isBenchmark)));
    return 0;
  }
  terminal.out(testText(results, textOptions(call)));
  return 0;
}

function textOptions(call: Call): TestTextOptions {
  const { flags } = call;
  return {
    verbose: isVerbose(call),
    varValues: flags.bool("var-values"),
    goNames: flags.string("format") === "gobench",
    memory: flags.bool("benchmem"),
  };
}

/** Only when all tests pass is there a report; else those that fail are told, or the first that breaks. */
function reportCoverage(call: Call, results: readonly TestResult[], loaded: Loaded, coverage: Coverage): number {
  const { flags, terminal } = call;
  const [bad] = results.filter(({ outcome }) => outcome === "error");
  if (bad?.error !== undefined) throw new CommandFault(errorText(bad.error));
  const failing = results.filter(({ outcome }) => outcome === "fail");
  const [failed] = failing;
  if (failed !== undefined) {
    terminal.out(testText(failing, textOptions(call)));
    throw new CommandFault(failureLine(failed));
  }
  const made = coverage.report(coverable(call, loaded));
  const fault = thresholdFault(made, thresholdOf(flags.string("threshold")), isVerbose(call));
  if (fault === undefined) terminal.out(goJsonLine(coverageJson(made)));
  else terminal.err(fault);
  return fault === undefined ? 0 : failedStatus;
}

/** What was not evaluated counts of these. As in OPA, modules of bundles have other names there, and are none but for `--coverage`. */
function coverable({ flags }: Call, loaded: Loaded): readonly CoverableModule[] {
  if (!("bundles" in loaded)) return loaded.modules.map(({ module }) => ({ file: module.file, module }));
  if (!flags.bool("coverage")) return [];
  const { bundles } = loaded as LoadedBundles;
  return bundles.flatMap(({ name, bundle }) =>
    bundle.modules.map(({ file, module }) => ({ file: posix.join(name, file), module })),
  );
}

function statusOf({ flags }: Call, results: readonly TestResult[]): number {
  const outcomes = new Set(results.map(({ outcome }) => outcome));
  if (outcomes.has("fail") || outcomes.has("error")) return failedStatus;
  return outcomes.has("skip") && !flags.bool("exit-zero-on-skipped") ? failedStatus : 0;
}
