import assert from "node:assert/strict";
import { test } from "node:test";
import { tabColumns } from "./tab-columns.ts";

const cases: ReadonlyArray<[name: string, lines: readonly string[], text: string]> = [
  ["one width for lines next to each other", ["a\tb", "long\tc"], "a     b\nlong  c\n"],
  ["a line without tabs ends a column", ["a\tb", "title", "long\tc"], "a  b\ntitle\nlong  c\n"],
  ["the second column ends by itself", ["a\tbb\tc", "a\tb", "a\tbbbb\tc"], "a  bb  c\na  b\na  bbbb  c\n"],
  ["characters and not bytes count", ["µ\tb", "us\tb"], "µ   b\nus  b\n"],
];

for (const [name, lines, text] of cases)
  test(`columns of tabs: ${name}`, () => {
    assert.equal(tabColumns(lines), text);
  });
