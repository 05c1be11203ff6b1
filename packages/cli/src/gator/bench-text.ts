import type { BenchResult } from "@sallyport/constraints";
import { yamlText } from "@sallyport/rego/yaml";
import { durationText } from "../opa/duration-text.ts";
import { tabColumns } from "./tab-columns.ts";

/** What `gator bench` prints of its results: `table`, `json` or `yaml`. */
export function benchText(results: readonly BenchResult[], format: "table" | "json" | "yaml"): string {
  if (format === "json") return JSON.stringify(results.map(printable), undefined, "  ");
  if (format === "yaml") return yamlText(results.map(printable) as never);
  const tables = results.map(resultTable);
  return [...tables, ...(results.length > 1 ? [enginesTable(results)] : [])].join("\n");
}

/** Nanoseconds with two digits behind the point: `12.50µs`. */
export function shortDuration(ns: number): string {
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(2)}µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(2)}ms`;
  return `${(ns / 1e9).toFixed(3)}s`;
}

export function bytesText(bytes: number): string {
  const units = ["KB", "MB", "GB"];
  let [at, value] = [-1, bytes];
  for (; value >= 1024 && at < units.length - 1; at++) value /= 1024;
  return at < 0 ? `${bytes} B` : `${value.toFixed(2)} ${units[at]}`;
}

function resultTable(result: BenchResult): string {
  const { engine, setup, latencies, skippedTemplates, skippedConstraints, entries, bytesPerReview } = result;
  const skipped = [
    ...skippedLines("Skipped Templates", skippedTemplates),
    ...skippedLines("Skipped Constraints", skippedConstraints),
  ];
  const reviews = result.iterations * result.objects;
  const lines = [
    "Configuration:",
    `  Templates:\t${result.templates}`,
    `  Constraints:\t${result.constraints}`,
    `  Objects:\t${result.objects}`,
    `  Iterations:\t${result.iterations}`,
    `  Total Reviews:\t${reviews}`,
    "",
    ...(skipped.length === 0 ? [] : ["Warnings:", ...skipped, ""]),
    ...(result.hasInventory
      ? []
      : [
          "Note:",
          `  Referential Data:\tNot supported by ${engine} engine`,
          "  \t(Referential constraints cannot be exercised with this engine)",
          "",
        ]),
    "Timing:",
    `  Setup Duration:\t${shortDuration(setup.whole)}`,
    ...[
      ["Client Creation", "clientCreation"],
      ["Template Compilation", "templateCompilation"],
      ["Constraint Loading", "constraintLoading"],
      ["Data Loading", "dataLoading"],
    ].map(([shown, step = ""]) => `    └─ ${shown}:\t${shortDuration(setup[step] ?? 0)}`),
    `  Total Duration:\t${shortDuration(result.total)}`,
    `  Throughput:\t${result.reviewsPerSecond.toFixed(2)} reviews/sec`,
    "",
    "Latency (per review):",
    ...latencyNames.map(([shown, name]) => `  ${shown}:\t${shortDuration(latencies[name])}`),
    "",
    "Results:",
    `  Violations Found:\t${result.violations}`,
    ...(bytesPerReview === undefined
      ? []
      : [
          "",
          "Memory:",
          `  Bytes/Review:\t${bytesText(bytesPerReview)}`,
          `  Total Bytes:\t${bytesText(bytesPerReview * reviews)}`,
        ]),
    ...(entries.length === 0 ? [] : ["", "Per-Constraint Statistics (from first iteration):"]),
    ...entries.flatMap(({ scope, statsFor, stats }) => [
      `  Constraint: ${statsFor} (Scope: ${scope})`,
      ...stats.map(({ name, value, source }) => `    ${name}:\t${value} ${source.type}`),
    ]),
  ];
  return `${title(`Benchmark Results: ${engine.toUpperCase()} Engine`)}\n${tabColumns(lines)}`;
}

const latencyNames = [
  ["Min", "min"],
  ["Max", "max"],
  ["Mean", "mean"],
  ["P50", "p50"],
  ["P95", "p95"],
  ["P99", "p99"],
] as const;

function title(text: string): string {
  return `=== ${text} ===\n`;
}

function skippedLines(what: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`  ${what}:\t${names.length} (${names.join(", ")})`];
}

function enginesTable(results: readonly BenchResult[]): string {
  const row = (name: string, show: (result: BenchResult) => string | number) =>
    [name, ...results.map((each) => String(show(each)))].join("\t");
  const lines = [
    row("Metric", ({ engine }) => engine.toUpperCase()),
    row("------", () => "------"),
    row("Templates", ({ templates }) => templates),
    row("Constraints", ({ constraints }) => constraints),
    row("Setup Time", ({ setup }) => shortDuration(setup.whole)),
    row("Throughput", ({ reviewsPerSecond }) => `${reviewsPerSecond.toFixed(2)}/sec`),
    row("Mean Latency", ({ latencies }) => shortDuration(latencies.mean)),
    row("P95 Latency", ({ latencies }) => shortDuration(latencies.p95)),
    row("P99 Latency", ({ latencies }) => shortDuration(latencies.p99)),
    row("Violations", ({ violations }) => violations),
    ...(results.every(({ bytesPerReview }) => bytesPerReview === undefined)
      ? []
      : [
          row("Bytes/Review", ({ bytesPerReview }) => (bytesPerReview === undefined ? "-" : bytesText(bytesPerReview))),
        ]),
  ];
  return `${title("Engine Comparison")}\n${tabColumns(lines)}${fasterText(results)}`;
}

function fasterText(results: readonly BenchResult[]): string {
  const [fast, slow] = results.toSorted((a, b) => b.reviewsPerSecond - a.reviewsPerSecond);
  if (results.length !== 2 || fast === undefined || slow === undefined || slow.reviewsPerSecond <= 0) return "";
  if (fast.reviewsPerSecond === slow.reviewsPerSecond) return "\nPerformance: Both engines have similar throughput\n";
  const ratio = (fast.reviewsPerSecond / slow.reviewsPerSecond).toFixed(2);
  return `\nPerformance: ${fast.engine.toUpperCase()} is ${ratio}x faster than ${slow.engine.toUpperCase()}\n`;
}

/** As gator's JSON and YAML have it: durations are texts. */
function printable(result: BenchResult): object {
  const { setup, latencies, bytesPerReview, entries, skippedTemplates, skippedConstraints } = result;
  const { whole, ...steps } = setup;
  const reviews = result.iterations * result.objects;
  return {
    engine: result.engine,
    templateCount: result.templates,
    constraintCount: result.constraints,
    objectCount: result.objects,
    iterations: result.iterations,
    concurrency: 1,
    totalReviews: reviews,
    setupDuration: durationText(whole),
    setupBreakdown: durations(steps),
    totalDuration: durationText(result.total),
    latencies: durations({ ...latencies }),
    violationCount: result.violations,
    reviewsPerSecond: result.reviewsPerSecond,
    ...(bytesPerReview === undefined
      ? {}
      : {
          memoryStats: { bytesPerReview: bytesText(bytesPerReview), totalBytes: bytesText(bytesPerReview * reviews) },
        }),
    ...(entries.length === 0
      ? {}
      : {
          statsEntries: entries.map((entry) => ({
            ...entry,
            stats: entry.stats.map(({ source, ...stat }) => ({ ...stat, source: `${source.type}/${source.value}` })),
          })),
        }),
    ...(skippedTemplates.length === 0 ? {} : { skippedTemplates }),
    ...(skippedConstraints.length === 0 ? {} : { skippedConstraints }),
    referentialDataSupported: result.hasInventory,
  };
}

function durations(all: { readonly [name: string]: number }): object {
  return Object.fromEntries(Object.entries(all).map(([name, ns]) => [name, durationText(ns)]));
}
