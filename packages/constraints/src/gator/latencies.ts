/** Of single reviews, in nanoseconds. */
export interface Latencies {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Of durations in nanoseconds, in any order; there is at least one. */
export function latenciesOf(durations: Float64Array): Latencies {
  const sorted = durations.toSorted();
  const total = sorted.reduce((sum, each) => sum + each, 0);
  return {
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    mean: Math.floor(total / sorted.length),
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
  };
}

/** Between two durations their weighted mean, as gator has it. */
function percentile(sorted: Float64Array, percent: number): number {
  const rank = (percent / 100) * (sorted.length - 1);
  const lower = Math.floor(rank);
  const [below = 0, above = below] = [sorted[lower], sorted[lower + 1]];
  return Math.floor(below * (1 - (rank - lower)) + above * (rank - lower));
}
