import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGoBool } from "./bool.ts";

const cases: readonly (readonly [value: boolean | undefined, texts: readonly string[]])[] = [
  [true, ["1", "t", "T", "true", "TRUE", "True"]],
  [false, ["0", "f", "F", "false", "FALSE", "False"]],
  [undefined, ["", "tRUE", "yes", "on", "01", " true", "true\n"]],
];

for (const [value, texts] of cases)
  for (const text of texts) test(`${JSON.stringify(text)} is ${value}`, () => assert.equal(parseGoBool(text), value));
