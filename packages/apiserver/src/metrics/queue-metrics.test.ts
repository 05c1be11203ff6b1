import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkQueue } from "../controllers/work-queue.ts";
import { QueueMetrics } from "./queue-metrics.ts";

const clock = { now: () => 0, after: () => () => {} };

/** The numbers of one queue by the end of their names; of a duration the count alone. */
function numbersOf(metrics: QueueMetrics): { readonly [name: string]: number } {
  const text = metrics.all.map((each) => each.render()).join("");
  const lines = [...text.matchAll(/^workqueue_(\w+?)(?:_count)?\{name="q"\} (\S+)$/gm)];
  return Object.fromEntries(
    lines.filter(([, name = ""]) => !/_sum$/.test(name)).map(([, name, value]) => [name, Number(value)]),
  );
}

test("what waits, what is worked on, how often it failed", async () => {
  const metrics = new QueueMetrics();
  let finish = () => {};
  const queue = new WorkQueue(
    (key) =>
      key === "bad"
        ? Promise.reject(new Error("no"))
        : new Promise((resolve) => {
            finish = resolve;
          }),
    clock,
    () => {},
    metrics.observerOf("q"),
  );
  for (const key of ["bad", "slow", "slow", "last"]) queue.add(key);
  assert.deepEqual([numbersOf(metrics)["adds_total"], numbersOf(metrics)["depth"]], [3, 3]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const {
    unfinished_work_seconds: unfinished = 0,
    longest_running_processor_seconds: longest,
    ...counts
  } = numbersOf(metrics);
  assert.ok(unfinished > 0);
  assert.equal(longest, unfinished);
  assert.deepEqual(counts, {
    adds_total: 3,
    depth: 1,
    queue_duration_seconds: 2,
    retries_total: 1,
    work_duration_seconds: 1,
  });
  const stopped = queue.stop();
  finish();
  await stopped;
  assert.deepEqual([numbersOf(metrics)["depth"], numbersOf(metrics)["unfinished_work_seconds"]], [0, 0]);
});
