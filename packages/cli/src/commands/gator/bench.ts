import { readFileSync, statSync, writeFileSync } from "node:fs";
import { type BenchResult, benchEngine, celEngine, regoEngine, sortBenchObjects } from "@sallyport/constraints";
import { createEffects } from "@sallyport/effects";
import type { KubeObject } from "@sallyport/kube";
import { yamlText } from "@sallyport/rego/yaml";
import { parse } from "yaml";
import { reasonOf } from "../../errors.ts";
import {
  type Baseline,
  type Comparison,
  compareWith,
  comparisonText,
  hasPassed,
  savedResult,
  type Thresholds,
} from "../../gator/bench-baseline.ts";
import { benchText } from "../../gator/bench-text.ts";
import { filenameFlag, imageFlags, readSources } from "../../gator/read-sources.ts";
import { type Call, CommandFault, type OpaCommand } from "../../opa/command.ts";
import type { FlagSpec, Flags } from "../../opa/flags.ts";

const flags: readonly FlagSpec[] = [
  filenameFlag("f"),
  ...imageFlags,
  { name: "engine", short: "e", kind: "string", default: "cel", usage: "which language to measure: rego, cel or all" },
  { name: "iterations", short: "n", kind: "int", default: "1000", usage: "how often all objects are reviewed" },
  { name: "warmup", kind: "int", default: "10", usage: "how often they are reviewed before anything is measured" },
  {
    name: "concurrency",
    short: "c",
    kind: "int",
    default: "1",
    usage: "reviews at a time: has no effect, one follows the other",
  },
  { name: "output", short: "o", kind: "string", default: "table", usage: "output format: table, json or yaml" },
  { name: "stats", kind: "bool", usage: "tell how long templates and constraints took" },
  { name: "memory", kind: "bool", usage: "tell how much memory a review takes" },
  { name: "save", kind: "string", usage: "write the results to this file (.json or .yaml), for --compare" },
  { name: "compare", kind: "string", usage: "compare with the results in this file; status 1 where they were better" },
  {
    name: "threshold",
    kind: "string",
    default: "10",
    usage: "how many percent worse are too many",
    check: numberFault,
  },
  { name: "min-threshold", kind: "duration", usage: "what latencies may be worse whatever the percentage" },
];

function numberFault(text: string): string | undefined {
  return Number.isFinite(Number(text))
    ? undefined
    : `strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`;
}

export const benchCommand: OpaCommand = {
  program: "gator",
  name: "bench",
  usage: "[flags]",
  summary: "Measure how fast constraints review objects",
  description:
    "Templates, constraints and the objects to review come from files, folders and standard input. Templates without code in the language are left out.",
  examples: `
  sallyport gator bench -f policies/ --engine all
  sallyport gator bench -f policies/ --save baseline.json
  sallyport gator bench -f policies/ --compare baseline.json --threshold 10 --min-threshold 1ms`,
  flags,
  run: runBench,
};

/** Below it the 99th percentile is a matter of luck. */
const goodIterations = 1000;

function runBench(call: Call): number {
  const { flags, terminal } = call;
  const format = formatOf(flags.string("output"));
  const engines = enginesOf(flags.string("engine"));
  checkFlags(flags, (line) => terminal.err(line));
  const iterations = flags.int("iterations");
  if (iterations < goodIterations)
    terminal.err(
      `Warning: ${iterations} iterations may not provide statistically meaningful P99 metrics. Consider using at least ${goodIterations} iterations.\n\n`,
    );
  const { results, skipped } = benchAll(
    engines,
    within("reading sources", () => readSources(call)),
    flags,
  );
  for (const line of skipped) terminal.err(`Warning: Engine skipped - ${line}\n`);
  if (skipped.length > 0) terminal.err("\n");
  terminal.out(benchText(results, format));
  const file = flags.string("save");
  if (file !== "") {
    save(file, results);
    terminal.err(`\nResults saved to: ${file}\n`);
  }
  return flags.string("compare") === "" ? 0 : compare(call, results);
}

function checkFlags(flags: Flags, warn: (line: string) => void): void {
  const [iterations, warmup] = [flags.int("iterations"), flags.int("warmup")];
  if (flags.list("filename").length === 0 && flags.list("image").length === 0)
    throw new CommandFault("at least one --filename or --image must be specified");
  if (iterations <= 0) throw new CommandFault("iterations must be positive");
  if (warmup < 0) throw new CommandFault("warmup must be non-negative");
  if (Number(flags.string("threshold")) < 0) throw new CommandFault("threshold must be non-negative");
  if (flags.duration("min-threshold") < 0n) throw new CommandFault("min-threshold must be non-negative");
  if (flags.int("concurrency") < 1) throw new CommandFault("concurrency must be at least 1");
  if (warmup > iterations)
    warn(`Warning: warmup (${warmup}) exceeds iterations (${iterations}). Consider reducing warmup.\n\n`);
  const baseline = flags.string("compare");
  if (baseline !== "" && statSync(baseline, { throwIfNoEntry: false }) === undefined)
    throw new CommandFault(`baseline file does not exist: ${baseline}`);
}

function formatOf(name: string): "table" | "json" | "yaml" {
  const found = (["table", "json", "yaml"] as const).find((each) => each === (name.toLowerCase() || "table"));
  if (found !== undefined) return found;
  throw new CommandFault(
    `invalid output format: invalid output format: ${JSON.stringify(name)} (valid: table, json, yaml)`,
  );
}

type EngineName = "rego" | "cel";

function enginesOf(name: string): readonly EngineName[] {
  const lower = name.toLowerCase();
  if (lower === "all") return ["rego", "cel"];
  if (lower === "rego" || lower === "cel") return [lower];
  throw new CommandFault(`invalid engine: invalid engine ${JSON.stringify(name)} (valid: rego, cel, all)`);
}

/** Of several engines those that cannot review anything are left out. */
function benchAll(
  engines: readonly EngineName[],
  objects: readonly KubeObject[],
  flags: Flags,
): { readonly results: readonly BenchResult[]; readonly skipped: readonly string[] } {
  const sorted = within("", () => sortBenchObjects(objects));
  const results: BenchResult[] = [];
  const skipped: string[] = [];
  for (const engine of engines) {
    try {
      results.push(benchEngine(sorted, { engine, ...engineOptions(engine), ...measureOptions(flags) }));
    } catch (error) {
      const { message } = error as Error;
      if (engines.length === 1) throw new CommandFault(`benchmark failed: benchmarking ${engine}: ${message}`);
      skipped.push(`${engine}: ${message}`);
    }
  }
  if (results.length > 0) return { results, skipped };
  throw new CommandFault(`benchmark failed: no engines could process the templates: [${skipped.join(" ")}]`);
}

function engineOptions(engine: EngineName) {
  const effects = createEffects();
  return engine === "rego"
    ? { hasInventory: true, makeEngine: () => regoEngine({ effects }) }
    : { hasInventory: false, makeEngine: () => celEngine() };
}

function measureOptions(flags: Flags) {
  return {
    iterations: flags.int("iterations"),
    warmup: flags.int("warmup"),
    stats: flags.bool("stats"),
    now: () => performance.now(),
    heapUsed: flags.bool("memory") ? () => process.memoryUsage().heapUsed : undefined,
  };
}

function compare({ flags, terminal }: Call, results: readonly BenchResult[]): number {
  const baselines = load(flags.string("compare"));
  const thresholds: Thresholds = {
    percent: Number(flags.string("threshold")),
    nanoseconds: Number(flags.duration("min-threshold")),
  };
  const comparisons = results
    .map((each) => compareWith(baselines, each, thresholds))
    .filter((each): each is Comparison => each !== undefined);
  if (comparisons.length === 0) {
    terminal.err("\nWarning: No matching engines found for comparison\n");
    return 0;
  }
  terminal.out(`\n${comparisons.map((each) => comparisonText(each, thresholds)).join("\n")}`);
  return comparisons.every(hasPassed) ? 0 : 1;
}

const yamlFile = /\.ya?ml$/;

function save(file: string, results: readonly BenchResult[]): void {
  const saved = results.map(savedResult);
  const text = yamlFile.test(file) ? yamlText(saved as never) : JSON.stringify(saved, undefined, "  ");
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    throw new CommandFault(`saving results: writing results to ${file}: open ${file}: ${reasonOf(error)}`);
  }
}

function load(file: string): readonly Baseline[] {
  const value = parseFile(file);
  const isKnown = Array.isArray(value) && value.every(({ engine, latencies }) => engine && latencies);
  if (isKnown) return value as readonly Baseline[];
  throw new CommandFault(`loading baseline: ${file} holds no results of gator bench --save`);
}

function parseFile(file: string): unknown {
  try {
    const text = readFileSync(file, "utf8");
    return yamlFile.test(file) ? parse(text) : JSON.parse(text);
  } catch (error) {
    throw new CommandFault(`loading baseline: ${file}: ${reasonOf(error)}`);
  }
}

function within<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const text = error instanceof CommandFault ? error.message.replace(/^reading: /, "") : (error as Error).message;
    throw new CommandFault(["benchmark failed", what, text].filter((part) => part !== "").join(": "));
  }
}
