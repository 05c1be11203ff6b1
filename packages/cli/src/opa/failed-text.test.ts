import assert from "node:assert/strict";
import { test } from "node:test";
import { failedText } from "./failed-text.ts";

/** `row.column:name=text`, in row 1 where none is told. */
function value(spec: string) {
  const [, row = "1", column = "", name = "", text = ""] = /^(?:(\d+)\.)?(\d+):(.*?)=(.*)$/.exec(spec) ?? [];
  return { row: Number(row), before: "\t".padEnd(Number(column)), name, text };
}

const table: readonly (readonly [line: string, values: readonly string[], wanted: string])[] = [
  ["\tfalse", [], "\tfalse"],
  ["\tx == y", ["1:x=1", "6:y=2"], "\tx == y\n  \t|    |\n  \t|    2\n  \t1"],
  ["\tx.a == 2", ["1:x.a=1", '1:x={"a": 1}'], '\tx.a == 2\n  \t|\n  \tx.a: 1\n  \tx: {"a": 1}'],
  ["\tx ==\n\t  y", ["1:x=1", "2.3:y=2"], "\tx ==\n  \t  y\n  \n  Where:\n  \n  x: 1\n  y: 2"],
  ["\tx", [`1:x=${"1".repeat(65)}`], `\tx\n  \t|\n  \t${"1".repeat(61)}...`],
];

for (const [line, values, wanted] of table) {
  test(`values below ${line.trim()}`, () => {
    const expression = { file: "t.rego", row: 3, lines: [line], values: values.map(value) };
    assert.equal(failedText(expression), `t.rego:3:\n  ${wanted}`);
  });
}
