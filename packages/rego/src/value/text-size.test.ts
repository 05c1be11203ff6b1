import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { RegoObject, RegoSet } from "./collection.ts";
import { jsonText, parseJson } from "./json.ts";
import { textSize } from "./text-size.ts";
import type { Value } from "./value.ts";

const documents = ["null", "true", "false", '""', '"abc"', "0", "-12.5", "1e-7", "1.0", "[]", "{}", "[[],{}]"];
const nested = ['[1,"a",[true,false,null]]', '{"a":1,"b":{"c":[]}}', '{"":""}'];

for (const text of [...documents, ...nested])
  test(`${text} has as many characters as its text`, () => equal(textSize(parseJson(text), 100), text.length));

const made: readonly (readonly [string, Value])[] = [
  ["a set", RegoSet.of([1, "a", RegoSet.of([])])],
  [
    "a built object",
    RegoObject.of([
      ["a", RegoObject.of([])],
      ["b", [1, 2]],
    ]),
  ],
];
for (const [name, value] of made)
  test(`${name} has as many characters as its text`, () => equal(textSize(value, 100), jsonText(value).length));

test("beyond the limit it is enough to know that", () => {
  const size = textSize(["a".repeat(10), Array.from({ length: 1_000 }, () => 1)], 20);
  ok(size > 20 && size < 200, `${size}`);
});

test("parts that are held many times are looked at once", () => {
  let value: Value = [1];
  for (let i = 0; i < 200; i++) value = [value, value];
  ok(textSize(value, Number.POSITIVE_INFINITY) > 2 ** 200);
});

test("an integer of many digits has about as many", () => {
  const size = textSize(10n ** 1000n, 10_000);
  ok(size > 995 && size < 1_020, `${size}`);
});
