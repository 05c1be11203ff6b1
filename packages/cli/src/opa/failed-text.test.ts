import assert from "node:assert/strict";
import { test } from "node:test";
import { failedText } from "./failed-text.ts";

/** `column:name=text` */
function value(spec: string) {
  const [, column = "", name = "", text = ""] = /^(\d+):(.*?)=(.*)$/.exec(spec) ?? [];
  return { before: "\t".padEnd(Number(column)), name, text };
}

const table: readonly (readonly [line: string, values: readonly string[], wanted: string])[] = [
  ["\tfalse", [], "\tfalse"],
  ["\tx == y", ["1:x=1", "6:y=2"], "\tx == y\n  \t|    |\n  \t|    2\n  \t1"],
  ["\tx.a == 2", ["1:x.a=1", '1:x={"a": 1}'], '\tx.a == 2\n  \t|\n  \tx.a: 1\n  \tx: {"a": 1}'],
];

for (const [line, values, wanted] of table) {
  test(`values below ${line.trim()}`, () => {
    const expression = { file: "t.rego", row: 3, lines: [line], values: values.map(value) };
    assert.equal(failedText(expression), `t.rego:3:\n  ${wanted}`);
  });
}
