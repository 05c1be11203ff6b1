import assert from "node:assert/strict";
import { test } from "node:test";
import type { Json, KubeObject } from "@sallyport/kube";
import { FlowMetrics } from "../metrics/flow-metrics.ts";
import { allocate } from "./concurrency-allocation.ts";
import { PriorityLevels } from "./priority-levels.ts";
import { SeatDemand } from "./seat-demand.ts";

const allocations: readonly (readonly [
  name: string,
  sum: number,
  classes: readonly (readonly [lower: number, upper: number, target: number])[],
  amounts: readonly number[] | undefined,
])[] = [
  [
    "all have the same part of what they want",
    12,
    [
      [0, 100, 2],
      [0, 100, 4],
    ],
    [4, 8],
  ],
  [
    "who may not have less keeps it",
    12,
    [
      [8, 100, 8],
      [0, 100, 8],
    ],
    [8, 4],
  ],
  [
    "who may not have more leaves it",
    12,
    [
      [0, 3, 8],
      [0, 100, 8],
    ],
    [3, 9],
  ],
  [
    "as much as all must have",
    5,
    [
      [2, 9, 4],
      [3, 9, 4],
    ],
    [2, 3],
  ],
  [
    "as much as all may have",
    18,
    [
      [2, 9, 4],
      [3, 9, 4],
    ],
    [9, 9],
  ],
  [
    "less than all must have",
    4,
    [
      [2, 9, 4],
      [3, 9, 4],
    ],
    undefined,
  ],
  [
    "more than all may have",
    19,
    [
      [2, 9, 4],
      [3, 9, 4],
    ],
    undefined,
  ],
  [
    "who wants nothing",
    10,
    [
      [0, 10, 0],
      [0, 10, 0],
    ],
    [5, 5],
  ],
];

for (const [name, sum, classes, amounts] of allocations)
  test(`seats are divided: ${name}`, () => {
    const found = allocate(
      sum,
      classes.map(([lowerBound, upperBound, target]) => ({ lowerBound, upperBound, target })),
    );
    assert.deepEqual(
      found?.amounts.map((each) => Math.round(each * 1000) / 1000),
      amounts,
    );
  });

test("demand is weighed by its time, and forgotten slowly", () => {
  let now = 0;
  const demand = new SeatDemand(() => now);
  demand.set(4);
  now = 5000;
  demand.set(0);
  now = 10_000;
  assert.deepEqual(demand.endPeriod(), { highWatermark: 4, average: 2, deviation: 2, smoothed: 4 });
  now = 20_000;
  assert.deepEqual(demand.endPeriod(), { highWatermark: 0, average: 0, deviation: 0, smoothed: 4 * 0.977 });
});

function level(name: string, limited: { readonly [field: string]: Json }): KubeObject {
  const limitResponse = { type: "Queue", queuing: { queues: 1, handSize: 1, queueLengthLimit: 50 } };
  return {
    apiVersion: "flowcontrol.apiserver.k8s.io/v1",
    kind: "PriorityLevelConfiguration",
    metadata: { name },
    spec: { type: "Limited", limited: { nominalConcurrencyShares: 10, limitResponse, ...limited } },
  };
}

/** What `/metrics` tells of a level's seats now. */
function seatsOf(metrics: FlowMetrics, name: string): number {
  const text = metrics.all.map((each) => each.render()).join("");
  const line = `apiserver_flowcontrol_current_limit_seats\\{priority_level="${name}"\\} (\\d+)`;
  return Number(new RegExp(line).exec(text)?.[1]);
}

test("a level that needs more borrows what another lends, and those that wait have it at once", () => {
  let now = 0;
  const metrics = new FlowMetrics();
  const levels = new PriorityLevels(20, metrics, () => now);
  const all = [
    level("busy", { lendablePercent: 80, borrowingLimitPercent: 50 }),
    level("idle", { lendablePercent: 80 }),
  ];
  const queues = levels.queuesOf("busy", all);
  assert.deepEqual([seatsOf(metrics, "busy"), seatsOf(metrics, "idle")], [10, 10]);
  for (let i = 0; i < 20; i++) queues?.enter(() => "a");
  assert.equal(queues?.waiting, 10);
  now = 10_000;
  levels.adjust();
  // It may borrow half as many as it has, and the other keeps a fifth of its own at least.
  assert.deepEqual([seatsOf(metrics, "busy"), seatsOf(metrics, "idle")], [15, 5]);
  assert.equal(queues?.waiting, 5);
});

test("a level that lends nothing keeps its seats", () => {
  let now = 0;
  const metrics = new FlowMetrics();
  const levels = new PriorityLevels(20, metrics, () => now);
  const queues = levels.queuesOf("busy", [level("busy", {}), level("idle", {})]);
  for (let i = 0; i < 30; i++) queues?.enter(() => "a");
  now = 10_000;
  levels.adjust();
  assert.deepEqual([seatsOf(metrics, "busy"), seatsOf(metrics, "idle")], [10, 10]);
});
