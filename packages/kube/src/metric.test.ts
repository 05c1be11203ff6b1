import assert from "node:assert/strict";
import { test } from "node:test";
import { Counter, Gauge, Histogram } from "./metric.ts";

test("a counter by labels, whose values are escaped", () => {
  const counter = new Counter("c_total", "Help.", ["a", "b"]);
  assert.equal(counter.render(), "");
  counter.add(["x", 'say "\\"\n']);
  counter.add(["x", 'say "\\"\n'], 2);
  assert.equal(
    counter.render(),
    '# HELP c_total Help.\n# TYPE c_total counter\nc_total{a="x",b="say \\"\\\\\\"\\n"} 3\n',
  );
});

test("a gauge goes both ways", () => {
  const gauge = new Gauge("g", "Help.");
  gauge.set([], 5);
  gauge.add([], -2);
  assert.match(gauge.render(), /# TYPE g gauge\ng 3\n$/);
});

test("buckets of a histogram add up, and bounds belong to them", () => {
  const histogram = new Histogram("h", "Help.", ["l"], [1, 2]);
  for (const amount of [0.5, 1, 1.5, 9]) histogram.observe(["v"], amount);
  assert.deepEqual(histogram.render().trimEnd().split("\n").slice(2), [
    'h_bucket{l="v",le="1"} 2',
    'h_bucket{l="v",le="2"} 3',
    'h_bucket{l="v",le="+Inf"} 4',
    'h_sum{l="v"} 12',
    'h_count{l="v"} 4',
  ]);
});

test("series beyond the limit are dropped", () => {
  const counter = new Counter("c", "Help.", ["n"]);
  for (let i = 0; i < 10_050; i++) counter.add([String(i)]);
  assert.equal(counter.render().trimEnd().split("\n").length, 2 + 10_000);
});
