import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSoleTerm } from "./sole-term.ts";
import { termText } from "./text.ts";

const terms = ["input.x", "a[_].b", "1", '{"a": [1]}'];

const faults: readonly (readonly [text: string, message: string])[] = [
  ["", "expected exactly one term but got: "],
  ["a b", "expected exactly one term but got: a; b"],
  ["a; 1", "expected exactly one term but got: a; 1"],
  ["f(x)", "expected term but got [f x]"],
  ["a + b", "expected term but got [plus a b]"],
  ["a[", "1:2: rego_parse_error: unexpected eof token"],
];

test("a text of one term is that term, another one says what it is", () => {
  for (const text of terms) assert.equal(termText(parseSoleTerm(text)), text);
  for (const [text, message] of faults)
    assert.throws(
      () => parseSoleTerm(text),
      (error: Error) => error.message.startsWith(message),
      text,
    );
});
