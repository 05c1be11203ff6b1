import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageMetrics } from "./usage-metrics.ts";

test("seats in use are weighed by the nanoseconds that they were", () => {
  let now = 0;
  const usage = new UsageMetrics(() => now);
  usage.limited("a", 4, 100, 600);
  usage.limitedAll(600, 100);
  usage.changed("a", "readOnly", "executing", 1);
  usage.changed("a", "mutating", "waiting", 5);
  now = 3;
  usage.changed("a", "readOnly", "executing", 1);
  now = 4;
  const text = usage.all.map((each) => each.render()).join("");
  const lines = new Set(text.split("\n"));
  const expected = [
    // A quarter of its seats for three milliseconds, half of them for one.
    'apiserver_flowcontrol_priority_level_seat_utilization_bucket{phase="executing",priority_level="a",le="0.2"} 0',
    'apiserver_flowcontrol_priority_level_seat_utilization_bucket{phase="executing",priority_level="a",le="0.3"} 3000000',
    'apiserver_flowcontrol_priority_level_seat_utilization_count{phase="executing",priority_level="a"} 4000000',
    'apiserver_flowcontrol_priority_level_seat_utilization_sum{phase="executing",priority_level="a"} 1250000',
    'apiserver_flowcontrol_priority_level_request_utilization_sum{phase="waiting",priority_level="a"} 200000',
    'apiserver_flowcontrol_demand_seats_bucket{priority_level="a",le="1.4"} 0',
    'apiserver_flowcontrol_demand_seats_count{priority_level="a"} 4000000',
    'apiserver_flowcontrol_read_vs_write_current_requests_sum{phase="waiting",request_kind="mutating"} 200000',
    'apiserver_flowcontrol_read_vs_write_current_requests_sum{phase="waiting",request_kind="readOnly"} 0',
  ];
  assert.deepEqual(
    expected.filter((line) => !lines.has(line)),
    [],
  );
});

test("a level without seats is told as having a tenth of all", () => {
  let now = 0;
  const usage = new UsageMetrics(() => now);
  usage.limited("exempt", 0, 0, 600);
  usage.changed("exempt", "readOnly", "executing", 30);
  now = 1;
  const text = usage.all.map((each) => each.render()).join("");
  assert.match(text, /seat_utilization_sum\{phase="executing",priority_level="exempt"\} 500000\n/);
});
