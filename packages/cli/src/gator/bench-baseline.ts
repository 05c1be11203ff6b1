import type { BenchResult } from "@sallyport/constraints";
import { bytesText, shortDuration } from "./bench-text.ts";
import { tabColumns } from "./tab-columns.ts";

/** Of one engine, in a file of `--save`: what later runs are compared with. gator's file, without what we do not count. */
export interface Baseline {
  readonly engine: string;
  /** Nanoseconds. */
  readonly latencies: { readonly [name: string]: number };
  readonly reviewsPerSecond: number;
  readonly memoryStats?: { readonly bytesPerReview: number };
}

/** What is written to a file of `--save`. */
export function savedResult(result: BenchResult): Baseline {
  const { setup, bytesPerReview, entries } = result;
  const { whole, ...steps } = setup;
  return {
    engine: result.engine,
    templateCount: result.templates,
    skippedTemplates: result.skippedTemplates,
    constraintCount: result.constraints,
    skippedConstraints: result.skippedConstraints,
    referentialDataSupported: result.hasInventory,
    objectCount: result.objects,
    iterations: result.iterations,
    concurrency: 1,
    setupDuration: whole,
    setupBreakdown: steps,
    totalDuration: result.total,
    latencies: { ...result.latencies },
    violationCount: result.violations,
    reviewsPerSecond: result.reviewsPerSecond,
    ...(bytesPerReview === undefined ? {} : { memoryStats: { bytesPerReview } }),
    ...(entries.length === 0 ? {} : { statsEntries: entries }),
  } as Baseline;
}

export interface Comparison {
  readonly engine: string;
  readonly metrics: readonly Metric[];
}

interface Metric {
  readonly name: string;
  readonly baseline: number;
  readonly current: number;
  /** In percent of the baseline. */
  readonly delta: number;
  readonly passed: boolean;
  readonly show: (value: number) => string;
}

export interface Thresholds {
  /** How many percent worse are too many. */
  readonly percent: number;
  /** Nanoseconds; latencies that are less worse than this are good. 0 for none. */
  readonly nanoseconds: number;
}

/** Compares what both know; undefined where the baseline does not know the engine. */
export function compareWith(
  baselines: readonly Baseline[],
  result: BenchResult,
  thresholds: Thresholds,
): Comparison | undefined {
  const baseline = baselines.find(({ engine }) => engine === result.engine);
  if (baseline === undefined) return undefined;
  return {
    engine: result.engine,
    metrics: [
      latency("P50 Latency", "p50", baseline, result, thresholds),
      latency("P95 Latency", "p95", baseline, result, thresholds),
      latency("P99 Latency", "p99", baseline, result, thresholds),
      latency("Mean Latency", "mean", baseline, result, thresholds),
      throughput(baseline, result, thresholds),
      ...memory(baseline, result, thresholds),
    ],
  };
}

function latency(
  name: string,
  field: "p50" | "p95" | "p99" | "mean",
  baseline: Baseline,
  result: BenchResult,
  { percent, nanoseconds }: Thresholds,
): Metric {
  const [before, now] = [baseline.latencies[field] ?? 0, result.latencies[field]];
  const delta = deltaOf(before, now);
  const passed = delta <= percent || (nanoseconds > 0 && now - before < nanoseconds);
  return { name, baseline: before, current: now, delta, passed, show: shortDuration };
}

/** What is tolerated of the mean latency is tolerated here in proportion. */
function throughput(baseline: Baseline, result: BenchResult, { percent, nanoseconds }: Thresholds): Metric {
  const [before, now] = [baseline.reviewsPerSecond, result.reviewsPerSecond];
  const delta = deltaOf(before, now);
  const mean = baseline.latencies["mean"] ?? 0;
  const tolerated = mean > 0 ? before * (nanoseconds / mean) : 0;
  const passed = -delta <= percent || before - now < tolerated;
  const show = (value: number) => `${value.toFixed(2)}/sec`;
  return { name: "Throughput", baseline: before, current: now, delta, passed, show };
}

function memory(
  { memoryStats }: Baseline,
  { bytesPerReview }: BenchResult,
  { percent }: Thresholds,
): readonly Metric[] {
  if (memoryStats === undefined || bytesPerReview === undefined) return [];
  const before = memoryStats.bytesPerReview;
  const delta = deltaOf(before, bytesPerReview);
  const passed = delta <= percent;
  return [{ name: "Bytes/Review", baseline: before, current: bytesPerReview, delta, passed, show: bytesText }];
}

function deltaOf(before: number, now: number): number {
  if (before === 0) return now === 0 ? 0 : 100;
  return ((now - before) / before) * 100;
}

export function hasPassed({ metrics }: Comparison): boolean {
  return metrics.every(({ passed }) => passed);
}

export function comparisonText(comparison: Comparison, { percent }: Thresholds): string {
  const { engine, metrics } = comparison;
  const rows = metrics.map(({ name, baseline, current, delta, passed, show }) =>
    [
      name,
      show(baseline),
      show(current),
      `${delta < 0 ? "-" : "+"}${Math.abs(delta).toFixed(1)}%`,
      passed ? "✓" : "✗ REGRESSION",
    ].join("\t"),
  );
  const failed = metrics.filter(({ passed }) => !passed).map(({ name }) => name);
  const limit = `(threshold: ${percent.toFixed(1)}%)`;
  const verdict =
    failed.length === 0
      ? `✓ No significant regressions ${limit}`
      : `✗ Regressions detected in: ${failed.join(", ")} ${limit}`;
  const head = ["Metric\tBaseline\tCurrent\tDelta\tStatus", "------\t--------\t-------\t-----\t------"];
  return `=== Baseline Comparison: ${engine.toUpperCase()} Engine ===\n\n${tabColumns([...head, ...rows])}\n${verdict}\n`;
}
