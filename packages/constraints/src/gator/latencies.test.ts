import assert from "node:assert/strict";
import { test } from "node:test";
import { latenciesOf } from "./latencies.ts";

const cases: ReadonlyArray<[durations: readonly number[], mean: number, p50: number, p95: number, p99: number]> = [
  [[7], 7, 7, 7, 7],
  [[30, 10, 20], 20, 20, 29, 29],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((each) => each * 100), 550, 550, 955, 991],
];

for (const [durations, mean, p50, p95, p99] of cases)
  test(`latencies of ${durations.join(" ")}: ${p50} ${p95} ${p99}`, () => {
    const found = latenciesOf(Float64Array.from(durations));
    assert.deepEqual(found, { min: Math.min(...durations), max: Math.max(...durations), mean, p50, p95, p99 });
  });
