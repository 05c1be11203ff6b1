import assert from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import type { Module } from "../syntax/ast.ts";
import { parseModule } from "../syntax/parser.ts";
import { Coverage, type CoveredRange } from "./coverage.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

function coverageOf(text: string, query: string, input: { [key: string]: number }) {
  const { policy, diagnostics } = compile([{ file: "p.rego", text }]);
  assert.ok(policy, diagnostics.map(({ message }) => message).join());
  const tracer = new Coverage();
  policy.walk(query, { effects, input, tracer });
  return tracer.report([{ file: "p.rego", module: parseModule(text, { file: "p.rego" }).module as Module }]);
}

/** `1:1-1:5` */
function rangesText(ranges: readonly CoveredRange[] = []): string {
  return ranges.map(({ start, end }) => `${start.row}:${start.col}-${end.row}:${end.col}`).join(" ");
}

const table: readonly (readonly [rules: string, covered: string, missed: string])[] = [
  ["p if input.x == 1", "2:1-2:2 2:6-2:18", ""],
  ["p if input.x == 2", "", "2:1-2:2 2:6-2:18"],
  ["p if { 1 == 2; 3 == 3 }", "2:8-2:14", "2:1-2:2 2:16-2:22"],
  ["p := 3", "2:1-2:7 2:6-2:7", ""],
  ["p contains 1", "2:1-2:2 2:1-2:13", ""],
  ["default p := {\n 1}\nq := 2", "2:1-2:8 2:9-3:4", "4:1-4:7 4:6-4:7"],
  ["p if {\n false\n} else := 2", "3:2-3:7 4:3-4:12", "2:1-2:2"],
  // What introduces variables only is never missed, and nothing within an expression that was evaluated is.
  [
    "p if { some x in [1]; x == 2 }\nq if { some x in [1]; x == 1 }",
    "2:8-2:21 2:18-2:21 2:23-2:29",
    "2:1-2:2 3:1-3:2 3:23-3:29",
  ],
  ["p[input.x].r := 3", "2:1-2:18 2:3-2:10", ""],
  ["p if { every x in [] { x == 1 } }", "2:1-2:2 2:8-2:32 2:19-2:21", ""],
];

for (const [rules, covered, missed] of table) {
  test(`coverage: ${rules.replaceAll("\n", " ")}`, () => {
    const { files } = coverageOf(`package p\n${rules}`, "data.p.p", { x: 1 });
    const file = files["p.rego"];
    assert.deepEqual(
      { covered: rangesText(file?.covered), missed: rangesText(file?.not_covered) },
      { covered, missed },
    );
  });
}

test("coverage counts lines", () => {
  const report = coverageOf("package p\np if {\n 1 == 1\n 2 == 3\n}\nq := [\n 1]", "data.p.p", {});
  const { covered_lines, not_covered_lines, coverage } = report;
  assert.deepEqual(
    { covered_lines, not_covered_lines, coverage },
    { covered_lines: 2, not_covered_lines: 3, coverage: 40 },
  );
});

test("a file without rules says nothing", () => {
  assert.deepEqual(coverageOf("package p", "1 == 1", {}).files, { "p.rego": {} });
});
